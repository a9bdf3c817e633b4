// The same in one Worker: it ranks, and it is the feature server too, so that a ranking leaves the isolate for the store alone.
import { createFeatureStore, createWorker, type WorkerEnv } from "edgefeat/worker";
import { lateness } from "./features.ts";
import { type Model, logOdds } from "./model.ts";
import model from "./model.json" with { type: "json" };
import type { Question } from "./rank.ts";

export { EdgefeatStore } from "edgefeat/worker";

const build = {};
const features = createFeatureStore(build);
const server = createWorker(build);

export default {
  async fetch(request: Request, env: WorkerEnv, context: Parameters<typeof server.fetch>[2]): Promise<Response> {
    if (new URL(request.url).pathname !== "/rank") return server.fetch(request, env, context);
    const { origin, flights } = (await request.json()) as Question;
    const { rows } = await features(env, context).get({
      service: lateness,
      entities: { origin, destination: flights.map(({ destination }) => destination) },
      request: { departure: flights.map(({ departure }) => BigInt(Date.parse(departure)) * 1000n) },
    });
    const ranked = rows.map((row, i) => ({ ...flights[i], lateLogOdds: logOdds(model as Model, row) }));
    return Response.json(ranked.sort((a, b) => a.lateLogOdds - b.lateLogOdds));
  },
};
