// What the serving benchmarks ask for: entities of one stored view with ten features, in whichever store.
import { entity, featureService, featureView, float64, int64, parquet } from "../../sdk/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { snapshotFrom } from "../support/snapshots.ts";
import type { BenchServer } from "./bench-server.ts";
import { post, type Target } from "./load.ts";

export const NOW = "2001-03-31T12:00:00Z";
export const EVENT_TIME = "2001-03-31T11:30:00Z";
const ENTITIES = 1_000;
const FEATURES = 10;

/** A snapshot whose service "bench" is a stored view of ten numbers, five floats and five integers. */
export function servingSnapshot(): Snapshot {
  const user = entity("user", { joinKeys: { user_id: int64() } });
  const source = parquet("profiles", { path: "profiles.parquet", eventTime: "time" });
  const features = Object.fromEntries(names().map((name, i) => [name, i % 2 === 0 ? float64() : int64()]));
  const profile = featureView("profile", { entities: [user], source, ttl: "1d", features });
  const bench = featureService("bench", { features: [profile] });
  return snapshotFrom({ profile, bench }).snapshot;
}

/** Registers the snapshot and writes a row for each of 1,000 entities. */
export async function fill(server: BenchServer, snapshot: Snapshot): Promise<void> {
  const headers = { authorization: `Bearer ${server.token}` };
  const to = (path: string, body: unknown): Target => ({
    port: server.port,
    path,
    body: JSON.stringify(body),
    headers,
  });
  await post(to("/v1/registry", snapshot), undefined, "PUT");
  const rows = Array.from({ length: ENTITIES }, (_, id) => ({
    entities: { user_id: id },
    eventTime: EVENT_TIME,
    createdTime: null,
    values: Object.fromEntries(names().map((name, i) => [name, i % 2 === 0 ? (id * 37 + i) / 7 : id * 1_009 + i])),
  }));
  await post(to("/v1/rows/profile", { rows }));
}

/** Returns a request for the ten features of `count` entities. */
export function featuresRequest(
  server: BenchServer,
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Target {
  const ids = Array.from({ length: count }, (_, i) => i * Math.floor(ENTITIES / count));
  const body = JSON.stringify({ service: "bench", entities: { user_id: ids } });
  return { port: server.port, path: "/v1/features", body, headers };
}

/** Returns how many features' values an answer holds that are not null. */
export function countValues(answer: string): number {
  const { rows } = JSON.parse(answer) as { rows: unknown[][] };
  return rows.flat().filter((value) => value !== null).length;
}

function names(): string[] {
  return Array.from({ length: FEATURES }, (_, i) => `feature_${i}`);
}
