// An inference Worker: ranks flights by how likely they are to be on time, on features from the Worker bound as FEATURES.
import type { FeaturesBinding } from "edgefeat/worker";
import type * as definitions from "./features.ts";
import { type Model, logOdds } from "./model.ts";
import model from "./model.json" with { type: "json" };

interface Env {
  readonly FEATURES: FeaturesBinding<typeof definitions>;
}

/** What a traveller asks: `{ "origin": "ORD", "flights": [{ "destination": "SFO", "departure": "2001-06-08T07:00:00Z" }, …] }` */
export interface Question {
  readonly origin: string;
  readonly flights: readonly { readonly destination: string; readonly departure: string }[];
}

export default {
  async fetch(request: Request, { FEATURES }: Env): Promise<Response> {
    const { origin, flights } = (await request.json()) as Question;
    const { rows } = await FEATURES.get({
      service: "lateness",
      entities: { origin, destination: flights.map(({ destination }) => destination) },
      request: { departure: flights.map(({ departure }) => BigInt(Date.parse(departure)) * 1000n) },
    });
    const ranked = rows.map((row, i) => ({ ...flights[i], lateLogOdds: logOdds(model as Model, row) }));
    return Response.json(ranked.sort((a, b) => a.lateLogOdds - b.lateLogOdds));
  },
};
