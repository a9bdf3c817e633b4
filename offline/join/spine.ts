// Entity rows out of nothing but the data: every entity that had been seen, at each of a set of times.
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import {
  type InputColumn,
  planFeatures,
  type PlanRequest,
  type Transforms,
  type ViewRead,
} from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import type { Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import { columnOf, tableOf, vectorFromTyped, vectorFromValues } from "../datasets/index.ts";
import { type Engine, exclusively, type QueryOptions } from "../engine/index.ts";
import { type OnBadRows, SetAside } from "./bad-rows.ts";
import { eachKey, keySqlType } from "./emit.ts";
import { loadSource } from "./keys.ts";
import { type ReadSource, sourceColumns, sourceTable } from "./source-rows.ts";
import { dropTables, int64Column, run } from "./tables.ts";
import { viewRows } from "./view-rows.ts";

export interface SpineOptions {
  engine: Engine;
  snapshot: Snapshot;
  /** The features whose entities are wanted. */
  request: PlanRequest;
  transforms?: Transforms;
  readSource: ReadSource;
  /** The moments, in any order; equal ones count once. */
  times: readonly Us[];
  /** Request data of on-demand views: the same value in every row. */
  requestData?: Readonly<Record<string, Value>>;
  /** What the column of the times is called. Default "event_timestamp". */
  entityTime?: string;
  /** More rows are refused. Default 10 million. */
  maxRows?: number;
  /** As the join's, which reports the rows that it sets aside; here they make no entity. Default "fail". */
  onBadRows?: OnBadRows;
  signal?: AbortSignal;
}

export const MAX_SPINE_ROWS = 10_000_000;

/**
 * Returns entity rows for a request: for each time, every entity that a source had an event of at or before it, by the
 * event time alone (a reference table's entities have always been there; an embargo or created time changes nothing).
 * The views with the most join keys say which entities there are: several views with the same keys together, and the
 * other views' keys must be among theirs. A null key is no entity. In the order of the times, then of the keys, column by
 * column: numbers by value, text by its UTF-8 bytes. Columns: the keys, the time, the request data.
 * @throws bad_request when no view has the keys of all, missing_request_data, request_too_large; as getHistoricalFeatures
 */
export function entitySpine(options: SpineOptions): Promise<Table> {
  return exclusively(options.engine, () => spine(options));
}

async function spine(options: SpineOptions): Promise<Table> {
  const { engine, snapshot, request, transforms = new Map(), entityTime = "event_timestamp" } = options;
  const plan = planFeatures(snapshot, request, transforms);
  const constants = constantColumns(plan.request, options.requestData ?? {});
  const reads = widestReads(plan.reads);
  const keys = reads[0]?.keys ?? [];
  const times = [...new Set(options.times)].toSorted((a, b) => a - b);
  const query: QueryOptions = options.signal === undefined ? {} : { signal: options.signal };
  try {
    await loadSeen(reads, keys, times.at(-1) ?? 0, options, query);
    await engine.load("ef_times", tableOf([["t", int64Column(BigInt64Array.from(times, BigInt))]]), query);
    await checkCount(engine, options.maxRows ?? MAX_SPINE_ROWS, times.length, query);
    const columns = eachKey(keys.length, (k, i) => `CAST(${k} AS ${resultType(keys[i] as InputColumn)}) AS ${k}, `, "");
    const order = eachKey(keys.length, (k) => `, ${k}`, "");
    const rows = await engine.query(
      `SELECT ${columns}t FROM ef_times JOIN ef_seen ON e <= t ORDER BY t${order}`,
      [],
      query,
    );
    return tableOf([
      ...keys.map(({ name }, i) => [name, columnOf(rows, `k${i}`)] as const),
      [entityTime, timestamps(columnOf(rows, "t"))],
      ...constants.map(({ name, fill }) => [name, fill(rows.numRows)] as const),
    ]);
  } finally {
    await dropTables(engine, ["ef_source", "ef_seen_rows", "ef_seen", "ef_times"]);
  }
}

/** Makes `ef_seen(k0, …, e)`: every key, and its first event time. */
async function loadSeen(
  reads: readonly ViewRead[],
  keys: readonly InputColumn[],
  untilUs: Us,
  { engine, readSource, onBadRows = "fail" }: SpineOptions,
  query: QueryOptions,
): Promise<void> {
  const typed = eachKey(keys.length, (k, i) => `${k} ${keySqlType((keys[i] as InputColumn).type)}, `, "");
  await run(engine, [`CREATE OR REPLACE TABLE ef_seen_rows (${typed}e BIGINT)`], query);
  for (const { view, spec, keys: names } of reads) {
    let own: ViewRead["spec"] = { ...spec, ...NO_VALUES };
    // A view's own query may make its times of others, so that no row can be left out.
    const until = spec.select === undefined ? { afterUs: null, untilUs: BigInt(untilUs) } : undefined;
    const columns = sourceColumns([own]);
    let given = sourceTable(await readSource(spec.source, columns, until));
    if (given.hasEvents === true) own = spec;
    if (own === spec && columns !== undefined)
      given = sourceTable(await readSource(spec.source, sourceColumns([spec]), until));
    const source = await viewRows(engine, view, own, given, {
      aside: onBadRows === "quarantine" ? new SetAside() : null,
      ...query,
    });
    await loadSource(engine, source, {}, query);
    // Views may have the same keys in another order.
    const inOrder = keys.map(({ name }) => `k${names.findIndex((key) => key.name === name)}`);
    const first = source.eventTimes === null ? `${Number.MIN_SAFE_INTEGER}` : "min(e)";
    const known = ["true", ...inOrder.map((k) => `${k} IS NOT NULL`)].join(" AND ");
    const grouped = inOrder.length === 0 ? "" : `GROUP BY ${inOrder.join(", ")}`;
    await run(
      engine,
      [
        `INSERT INTO ef_seen_rows SELECT ${[...inOrder, first].join(", ")} FROM ef_source WHERE ${known} ${grouped}`,
        "DROP TABLE ef_source",
      ],
      query,
    );
  }
  const all = eachKey(keys.length, (k) => `${k}, `, "");
  const by = keys.length === 0 ? "HAVING count(*) > 0" : `GROUP BY ${eachKey(keys.length, (k) => k)}`;
  await run(
    engine,
    [`CREATE OR REPLACE TABLE ef_seen AS SELECT ${all}min(e) AS e FROM ef_seen_rows ${by}`, "DROP TABLE ef_seen_rows"],
    query,
  );
}

/** A spine needs keys and times only, but where a log has events: which are a view's depends on what they were told. */
const NO_VALUES = { features: [], columns: [] };

/** Returns the reads with the most join keys. @throws bad_request when another read has a key that they lack */
function widestReads(reads: readonly ViewRead[]): ViewRead[] {
  const most = Math.max(0, ...reads.map(({ keys }) => keys.length));
  const widest = reads.filter(({ keys }) => keys.length === most);
  const names = new Set(widest[0]?.keys.map(({ name }) => name));
  const stranger = reads.find(({ keys }) => keys.some(({ name }) => !names.has(name)));
  if (widest.length > 0 && stranger === undefined) return widest;
  const why =
    stranger === undefined
      ? "the features asked for read no view"
      : `"${stranger.label}" is joined by ${keyText(stranger)}, "${(widest[0] as ViewRead).label}" by ${keyText(widest[0] as ViewRead)}`;
  throw new EdgefeatError("bad_request", `there is no list of all entities: ${why}`, {
    hint: "ask for views whose keys are all among one view's, or give the entity rows",
  });
}

function keyText({ keys }: ViewRead): string {
  return keys.map(({ name }) => name).join(" and ");
}

async function checkCount(engine: Engine, maxRows: number, times: number, query: QueryOptions): Promise<void> {
  const counted = await engine.query(
    "SELECT CAST(count(*) AS DOUBLE) AS n FROM ef_times JOIN ef_seen ON e <= t",
    [],
    query,
  );
  const rows = columnOf(counted, "n").get(0) as number;
  if (rows <= maxRows) return;
  throw new EdgefeatError(
    "request_too_large",
    `all entities at ${times.toLocaleString("en-US")} times are ${rows.toLocaleString("en-US")} rows, more than ${maxRows.toLocaleString("en-US")}`,
    { hint: "ask for fewer times or a longer step, or allow more rows", details: { rows, maxRows, times } },
  );
}

/** @throws missing_request_data, unknown_request_data */
function constantColumns(
  fields: readonly InputColumn[],
  values: Readonly<Record<string, Value>>,
): { name: string; fill(rows: number): Vector }[] {
  const known = Object.fromEntries(fields.map((field) => [field.name, field]));
  for (const name of Object.keys(values)) lookUp(known, name, "request data called", "unknown_request_data");
  return fields.map(({ name, type }) => {
    const value = values[name];
    if (value === undefined) {
      throw new EdgefeatError("missing_request_data", `request data "${name}" is needed for on-demand features`, {
        hint: `give a value for every row: --request ${name}=…`,
        details: { field: name },
      });
    }
    return { name, fill: (rows) => vectorFromValues(type, repeated(value, rows)) };
  });
}

function* repeated(value: Value, times: number): Generator<Value> {
  for (let i = 0; i < times; i++) yield value;
}

function resultType({ type }: InputColumn): string {
  return type.kind === "int32" ? "INTEGER" : keySqlType(type);
}

function timestamps(us: Vector): Vector {
  const all = us.length === 0 ? new BigInt64Array(0) : (us.toArray() as BigInt64Array);
  return vectorFromTyped({ kind: "timestamp" }, all);
}

/**
 * Returns the times from `fromUs` to `toUs`, both included, a step apart.
 * @throws bad_request when the end is before the start or the step is not positive, request_too_large for more than `maxTimes`
 */
export function timesBetween(fromUs: Us, toUs: Us, everyUs: Us, maxTimes = MAX_SPINE_ROWS): Us[] {
  if (everyUs <= 0) throw new EdgefeatError("bad_request", "the step between times must be longer than nothing");
  if (fromUs > toUs) throw new EdgefeatError("bad_request", "the first time is later than the last");
  const count = Math.floor((toUs - fromUs) / everyUs) + 1;
  if (count > maxTimes) {
    throw new EdgefeatError("request_too_large", `the range has ${count.toLocaleString("en-US")} times at that step`, {
      hint: "take a longer step",
      details: { times: count, maxTimes },
    });
  }
  return Array.from({ length: count }, (_, i) => fromUs + i * everyUs);
}
