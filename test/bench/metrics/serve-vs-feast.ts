// serve.vs_feast: our server beside Feast's own Python feature server, on the same Redis, with the same rows and requests.
import { availableParallelism } from "node:os";
import { type Feast, prepareFeast } from "../../feast/venv.ts";
import { type BenchServer, startBenchServer } from "../bench-server.ts";
import { FEAST_SETTINGS, type FeastServer, startFeastServer } from "../feast-server.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import { CONNECTIONS, load, type Loaded, post, type Target } from "../load.ts";
import { type Measured, type Measurement, type Metric, Unavailable } from "../metric.ts";
import { EVENT_TIME, fill, NOW, servingSnapshot } from "../serving.ts";

const ROUNDS = 5;
const ROWS = 1_000;
/** Entities, and requests a round: of ours, and of Feast's. */
const SIZES = [
  [10, 3_000, 600],
  [1, 4_000, 800],
  [100, 1_500, 300],
] as const;
/** Requests one at a time, for the latencies of a server that is not busy. */
const ALONE = 200;

/** Feast's workers: a process each, as many as there are cores; it starts one where nobody says how many. */
const WORKERS = availableParallelism();

type Side = "ours" | "cached" | "feast";
type Sides = Readonly<Record<Side, Target>>;

export const serveVsFeast: Metric = {
  name: "serve.vs_feast",
  description:
    "requests/s and p99 of POST /get-online-features, 10 entities × 10 features (and 1, 100), over Feast's Python server",
  async run(say) {
    say("preparing Feast");
    const feast = await prepareFeast();
    if (typeof feast === "string") throw new Unavailable(`Feast for Python: ${feast}`);
    const gateway = await startGatewayProcess();
    const closing = [() => gateway.close()];
    try {
      const { project, environment } = servingSnapshot();
      const server = await startBenchServer({ project, environment, now: NOW, upstash: gateway });
      closing.push(() => server.close());
      await fill(server, servingSnapshot());
      const answer = await post(requestOf(server, ROWS));
      const startFeast = async (workers: number): Promise<FeastServer> => {
        const started = await startFeastServer(feast, {
          redisUrl: gateway.redisUrl,
          answer,
          eventTime: EVENT_TIME,
          workers,
        });
        closing.push(() => started.close());
        return started;
      };
      return await measure({ server, feast: await startFeast(WORKERS), single: await startFeast(1) }, feast, say);
    } finally {
      for (const close of closing.toReversed()) await close();
    }
  },
};

interface Servers {
  readonly server: BenchServer;
  readonly feast: FeastServer;
  /** Feast with one worker. */
  readonly single: FeastServer;
}

async function measure(
  { server, feast, single }: Servers,
  { version }: Feast,
  say: (line: string) => void,
): Promise<Measured> {
  const measurements: Measurement[] = [];
  const notes: string[] = [];
  for (const [entities, ours, theirs] of SIZES) {
    say(`${entities} entities`);
    const sides: Sides = {
      ours: requestOf(server, entities, { "cache-control": "no-cache" }),
      cached: requestOf(server, entities),
      feast: requestOf(feast, entities),
    };
    await compareAnswers(sides);
    measurements.push(...measurementsOf(entities, await rounds(sides, { ours, cached: ours, feast: theirs })));
    notes.push(await aloneNote(entities, sides), await singleNote(requestOf(single, entities), entities, theirs));
  }
  return {
    measurements,
    notes: [
      `Feast ${version}: feast serve --workers ${WORKERS} ${FEAST_SETTINGS.join(" ")} (gunicorn with uvicorn workers, uvloop,`,
      "  httptools), its Redis store by redis-py and hiredis; filled through Feast",
      "ours: workerd, one isolate, through the test gateway (a Node process) to the same redis-server, with Cache-Control:",
      "  no-cache, and for cached without: rows from memory; filled through POST /v1/rows",
      `both: the same 1,000 entities × 10 features and the same bodies; ${CONNECTIONS} connections; all processes share the cores`,
      ...notes,
    ],
  };
}

/** The answers must say the same, value by value. */
async function compareAnswers(sides: Sides): Promise<void> {
  const [ours, ...others] = await Promise.all(Object.values(sides).map(async (side) => valuesOf(await post(side))));
  for (const other of others) if (other !== ours) throw new Error(`the answers differ: ${ours} and ${other}`);
}

/** By name: Feast's server answers features in no order. */
function valuesOf(answer: string): string {
  const { metadata, results } = JSON.parse(answer) as {
    metadata: { feature_names: string[] };
    results: { values: unknown[] }[];
  };
  const columns = metadata.feature_names.map((name, i) => `${name} ${JSON.stringify(results[i]?.values)}`);
  if (columns.some((column) => column.includes("null"))) throw new Error("an answer lacks values");
  return columns.toSorted().join("\n");
}

/** Loads the sides in turn, round after round. */
async function rounds(
  sides: Sides,
  requests: Readonly<Record<Side, number>>,
): Promise<Readonly<Record<Side, readonly Loaded[]>>> {
  const loaded: Record<Side, Loaded[]> = { ours: [], cached: [], feast: [] };
  const names = Object.keys(sides) as Side[];
  for (const side of names) await load(sides[side], Math.ceil(requests[side] / 3));
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of names) loaded[side].push(await load(sides[side], requests[side]));
  }
  return loaded;
}

function measurementsOf(entities: number, loaded: Readonly<Record<Side, readonly Loaded[]>>): Measurement[] {
  const figures = {
    "": { of: ({ requestsPerSecond }: Loaded) => requestsPerSecond, unit: "requests/s", better: "higher" },
    p99: { of: ({ latencyMs }: Loaded) => latencyMs.p99, unit: "ms", better: "lower" },
  } as const;
  return (["ours", "cached"] as const).flatMap((side) =>
    Object.entries(figures).map(([figure, { of, unit, better }]) => ({
      variant: [entities === 10 ? "" : String(entities), side === "cached" ? side : "", figure]
        .filter((part) => part !== "")
        .join("_"),
      unit,
      better,
      against: `feast serve, ${WORKERS} workers`,
      values: loaded[side].map(of),
      baselines: loaded.feast.map(of),
    })),
  );
}

async function aloneNote(entities: number, sides: Sides): Promise<string> {
  const told: string[] = [];
  for (const [side, name] of [
    ["ours", "ours"],
    ["cached", "cached"],
    ["feast", "Feast"],
  ] as const) {
    const { latencyMs } = await load(sides[side], ALONE, 1);
    told.push(`${name} ${latencyMs.p50.toFixed(2)}/${latencyMs.p99.toFixed(2)}`);
  }
  return `${entities} entities, one request at a time, p50/p99 in ms: ${told.join(", ")}`;
}

/** Of one run after the others, so that it only gives an idea. */
async function singleNote(target: Target, entities: number, requests: number): Promise<string> {
  await load(target, Math.ceil(requests / 3));
  const { requestsPerSecond, latencyMs } = await load(target, requests);
  return `${entities} entities, Feast with one worker: ${Math.round(requestsPerSecond)} requests/s, p99 ${latencyMs.p99.toFixed(1)} ms`;
}

/** A request for the ten features of `count` entities. */
function requestOf(
  { port }: { readonly port: number },
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Target {
  const ids = Array.from({ length: count }, (_, i) => i * Math.floor(ROWS / count));
  const body = JSON.stringify({ feature_service: "bench", entities: { user_id: ids } });
  return { port, path: "/get-online-features", body, headers };
}
