// The online side of a reconciliation: a server's features, its rows' marks, and its rows replaced, over HTTP.
import type { OnlineSide, Replacement, RowMark, RowWrite, TileWrite } from "../../offline/index.ts";
import type { EntityId, RowInfo } from "../client/index.ts";
import { type Snapshot, type ViewSpec, viewVersion } from "../registry/index.ts";
import { formatTime, parseTime } from "../time.ts";
import { valueFromJson } from "../types/index.ts";
import type { Connection } from "./connection.ts";
import { members, rowJson, tileJson } from "./online-sink.ts";

type Spec = Exclude<ViewSpec, { kind: "onDemand" }>;

/** A URL may be 16 kB long. */
const ID_CHARS = 6_000;
const IDS_AT_ONCE = 500;
const BODY_CHARS = 1_000_000;

/** Returns the online side of a server that runs on `snapshot`. */
export async function reconcileOnline({ admin, client }: Connection, snapshot: Snapshot): Promise<OnlineSide> {
  const now = async () => parseTime((await admin.getHealth()).now);
  const specOf = (view: string, version: number) =>
    viewVersion(view, snapshot.views[view] as Snapshot["views"][string], version).spec as Spec;
  return {
    now,
    isFrozen: (await admin.getHealth()).frozen,

    async read(plan, keys) {
      const {
        now: at,
        registry,
        rows,
        absent,
      } = await client.getFeatures({
        features: plan.outputs.map(({ reference }) => reference),
        entities: Object.fromEntries(
          plan.keys.map(({ name }, k) => [name, keys.map((values) => values[k] as EntityId)]),
        ),
        noCache: true,
      });
      const missing = rows.map(() => new Set<string>());
      for (const [row, view] of absent) missing[row]?.add(view);
      return {
        nowUs: parseTime(at),
        registry,
        rows: rows.map((row) => {
          const values = Object.values(row);
          return plan.outputs.map(({ type, reference }, o) => {
            const json = values[o];
            return json === null ? null : valueFromJson(type, json, reference);
          });
        }),
        absent: missing,
      };
    },

    async *list(view, version) {
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof admin.listRows>> = await admin.listRows(view, { version, cursor });
        yield page.rows.map(markOf);
        cursor = page.cursor;
      } while (cursor !== null);
    },

    async marks(view, version, ids) {
      const marks: RowMark[] = [];
      for (const some of batches(ids, IDS_AT_ONCE, ID_CHARS, (id) => id.length)) {
        const { rows } = await admin.listRows(view, { version, ids: some });
        const found = new Map(rows.map((row) => [row.id, markOf(row)]));
        for (const id of some) marks.push(found.get(id) ?? noRow(id));
      }
      return marks;
    },

    async replace(view, version, untilUs, rows) {
      const spec = specOf(view, version);
      const member = spec.kind === "stored" ? "rows" : "tiles";
      let written = 0;
      const texts = rows.map((row) => replacementJson(spec, row));
      for (const some of batches(texts, IDS_AT_ONCE, BODY_CHARS, (text) => text.length)) {
        const body = `{"version":${version},"until":"${formatTime(untilUs)}","${member}":[${some.join(",")}]}`;
        written += (await admin.replaceRows(view, body))["written"] ?? 0;
      }
      return written;
    },
  };
}

function markOf({ id, revision, eventTime, writtenAt, boundary = null }: RowInfo): RowMark {
  return {
    id,
    revision,
    eventTimeUs: eventTime === null ? null : parseTime(eventTime),
    boundaryUs: boundary === null ? null : parseTime(boundary),
    isReadable: writtenAt !== null,
  };
}

function noRow(id: string): RowMark {
  return { id, revision: null, eventTimeUs: null, boundaryUs: null, isReadable: false };
}

function replacementJson(spec: Spec, { keys, write, revision }: Replacement): string {
  const seen = `"revision":${JSON.stringify(revision)}}`;
  const entities = `"entities":${members(spec.joinKeys, keys)}`;
  if (write === null) return `{${entities},"${spec.kind === "stored" ? "values" : "packed"}":null,${seen}`;
  const row = spec.kind === "stored" ? rowJson(spec, write as RowWrite) : tileJson(spec, write as TileWrite);
  return `${row.slice(0, -1)},${seen}`;
}

function* batches<T>(items: readonly T[], most: number, chars: number, charsOf: (item: T) => number): Generator<T[]> {
  let batch: T[] = [];
  let sum = 0;
  for (const item of items) {
    if (batch.length > 0 && (batch.length >= most || sum + charsOf(item) > chars)) {
      yield batch;
      batch = [];
      sum = 0;
    }
    batch.push(item);
    sum += charsOf(item);
  }
  if (batch.length > 0) yield batch;
}
