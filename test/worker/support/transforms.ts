// A transform over the tests' definitions, and the calls that change and ask for it.
import { flightRow, type Harness, NOW } from "./harness.ts";

export const BOUND_MS = 60_000;
export const PACE = {
  inputs: ["last_flight"],
  request: { hours: "float64" },
  features: { pace: { type: "float64", expression: "distance / hours" } },
};
export const FASTER = { ...PACE, features: { pace: { type: "float64", expression: "2.0 * distance / hours" } } };
export const ask = (h: Harness, feature = "pace:pace", more = {}) =>
  h.features({
    features: [feature],
    entities: { origin: "SEA" },
    request: { hours: 2 },
    include: ["versions"],
    ...more,
  });
export const put = (h: Harness, name: string, body: unknown, headers: Record<string, string> = {}) =>
  h.send("PUT", `/v1/transforms/${name}`, body, headers);
export const get = (h: Harness, name: string) => h.send("GET", `/v1/transforms/${name}`);
export const remove = (h: Harness, name: string, headers: Record<string, string> = {}) =>
  h.send("DELETE", `/v1/transforms/${name}`, undefined, headers);
export const replaces = (version: number) => ({ "if-match": `"${version}"` });

/** Returns a harness with the support's definitions applied, and one row for SEA. */
export async function applied(h: Harness): Promise<Harness> {
  await h.apply();
  await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
  return h;
}
