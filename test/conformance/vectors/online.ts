// A conformance case read online: its rows written through the Worker, in real workerd with the Durable Object, at each entity row's time.
import { type Engine, materializeView } from "../../../offline/index.ts";
import { onlineSink } from "../../../sdk/cli/online-sink.ts";
import { createAdminClient, type FeaturesAnswer } from "../../../sdk/client/index.ts";
import { type Snapshot, snapshotOf } from "../../../sdk/registry/index.ts";
import { formatTime, parseDuration, type Us } from "../../../sdk/time.ts";
import { parseJson, valueFromJson } from "../../../sdk/types/index.ts";
import { bitsOf } from "../../support/values.ts";
import type { WorkerProcess } from "../../support/worker-process.ts";
import { readBody, rowBodies, rowTextsOf } from "./bodies.ts";
import { compiledOf } from "./definitions.ts";
import { type Cell, nanosecondsOf, valueTypeOf, type VectorCase, type VectorSource } from "./format.ts";
import { arrowTableOf } from "./tables.ts";

export const TOKEN = "vectors-token";

export interface OnlineRow {
  /** As bitsOfTable gives them. */
  readonly bits: readonly string[];
  readonly statuses: readonly string[];
  /** By value: its JSON text. */
  readonly text: string;
}

/** Returns the case's rows as they are read online, by entity row: the read at t − embargo (SEMANTICS 3.2). */
export async function readOnline(
  { url }: WorkerProcess,
  engine: Engine,
  vector: VectorCase,
  project: string,
): Promise<OnlineRow[]> {
  const { entityRows, embargo } = vector;
  const names = Object.keys(entityRows.columns);
  const timeAt = names.indexOf(entityRows.time);
  const nows = entityRows.rows.map(
    (row) => floorUs(nanosecondsOf(row[timeAt] as string)) - (embargo === undefined ? 0 : parseDuration(embargo)),
  );
  const found: OnlineRow[] = new Array(entityRows.rows.length);
  // One project a moment: what was written for a later one must not be known at an earlier one.
  for (const [i, now] of [...new Set(nows)].entries()) {
    const space = new Space(url, `${project}-${i}`, now);
    await space.fill(engine, vector);
    const rows = [...nows.keys()].filter((row) => nows[row] === now);
    const answers = await space.read(
      vector,
      rows.map((row) => entityRows.rows[row] as readonly Cell[]),
    );
    for (const [a, row] of rows.entries()) found[row] = answers[a] as OnlineRow;
  }
  return found;
}

/** The largest whole microsecond at or before a time. */
function floorUs(ns: bigint): Us {
  return Number((ns - (((ns % 1000n) + 1000n) % 1000n)) / 1000n);
}

/** A project of its own at one moment. */
class Space {
  readonly #project: string;
  readonly #now: Us;
  readonly #url: string;
  readonly #fetch: typeof fetch;

  constructor(url: string, project: string, now: Us) {
    this.#url = url;
    this.#project = project;
    this.#now = now;
    this.#fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("x-vector-project", project);
      headers.set("x-vector-now", formatTime(now));
      return fetch(input, { ...init, headers });
    };
  }

  /** Applies the case's definitions, and brings every row with a time ≤ now. */
  async fill(engine: Engine, vector: VectorCase): Promise<void> {
    const admin = createAdminClient({ url: this.#url, token: TOKEN, fetch: this.#fetch });
    const snapshot = snapshotOf(this.#project, "dev", compiledOf(vector));
    await admin.putRegistry(snapshot, null);
    for (const [view, { versions }] of Object.entries(snapshot.views)) {
      const spec = versions["1"]?.spec;
      if (spec?.kind === "stored") {
        const rows = rowBodies(spec, vector.sources[spec.source.name] as VectorSource, this.#now);
        // In the reverse order, then again: neither may matter (3.3).
        for (const batch of [rows.toReversed(), rows]) await admin.postRows(view, `{"rows":[${batch.join(",")}]}`);
      } else if (spec?.kind === "aggregated") await this.#materialize(engine, snapshot, view, vector, admin);
    }
  }

  #materialize(
    engine: Engine,
    snapshot: Snapshot,
    view: string,
    { sources }: VectorCase,
    admin: ReturnType<typeof createAdminClient>,
  ): Promise<unknown> {
    return materializeView({
      engine,
      snapshot,
      view,
      version: 1,
      startUs: null,
      endUs: this.#now,
      readSource: async ({ name }) => arrowTableOf(sources[name] as VectorSource),
      sink: onlineSink(admin, snapshot),
    });
  }

  /** Reads some entity rows' features. */
  async read(vector: VectorCase, rows: readonly (readonly Cell[])[]): Promise<OnlineRow[]> {
    const response = await this.#fetch(`${this.#url}/v1/features`, {
      method: "POST",
      headers: { "content-type": "application/json", "cache-control": "no-cache", authorization: `Bearer ${TOKEN}` },
      body: readBody(vector, rows),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    const answer = parseJson(text) as FeaturesAnswer<readonly unknown[]>;
    const types = Object.values(vector.expect.columns).map(valueTypeOf);
    const rowTexts = rowTextsOf(text);
    return answer.rows.map((row, r) => ({
      bits: row.map((json, i) => bitsOf(json === null ? null : valueFromJson(types[i] as never, json, "answer"))),
      statuses: answer.statuses?.[r] as unknown as string[],
      text: rowTexts[r] as string,
    }));
  }
}
