// Where materialization writes to: the server's rows, by the admin client.
import type { OnlineSink, RowWrite, TileWrite, WriteCounts } from "../../offline/index.ts";
import type { AdminClient } from "../client/index.ts";
import { eventsJson } from "./replayed-events.ts";
import { type Snapshot, type ViewSpec, viewVersion } from "../registry/index.ts";
import { formatTime, type Us } from "../time.ts";
import { parseTypeName, type Value, valueToJson } from "../types/index.ts";

/** Returns the sink of a server that runs on `snapshot`. */
export function onlineSink(admin: AdminClient, snapshot: Snapshot): OnlineSink {
  const specOf = (view: string, version: number) =>
    viewVersion(view, snapshot.views[view] as Snapshot["views"][string], version).spec as Exclude<
      ViewSpec,
      { kind: "onDemand" }
    >;
  const post = async (
    view: string,
    version: number,
    member: "rows" | "tiles",
    items: readonly string[],
    sealedUs: Us | null = null,
  ) => {
    const sealed = sealedUs === null ? "" : `,"sealed":"${formatTime(sealedUs)}"`;
    const counts = await admin.postRows(view, `{"version":${version},"${member}":[${items.join(",")}]${sealed}}`);
    return counts as unknown as WriteCounts;
  };
  return {
    writeRows(view, version, rows) {
      const spec = specOf(view, version);
      return post(
        view,
        version,
        "rows",
        rows.map((row) => rowJson(spec, row)),
      );
    },
    writeTiles(view, version, tiles, sealedUs) {
      const spec = specOf(view, version);
      return post(
        view,
        version,
        "tiles",
        tiles.map((tile) => tileJson(spec, tile)),
        sealedUs,
      );
    },
    async pushEvents(view, version, events) {
      const { accepted, duplicate, deferred, rejected } = await admin.pushInto(
        view,
        version,
        eventsJson(specOf(view, version), events),
      );
      return { accepted, duplicate, deferred, rejected: rejected.length };
    },
    async complete(view, version, { startUs, endUs, keys }) {
      await admin.completeMaterialization(
        view,
        JSON.stringify({
          version,
          start: startUs === null ? null : formatTime(startUs),
          end: formatTime(endUs),
          rows: keys,
        }),
      );
    },
  };
}

type Spec = Exclude<ViewSpec, { kind: "onDemand" }>;

export function rowJson(spec: Spec, { keys, row }: RowWrite): string {
  const values = members(spec.features, row.values);
  const times = `"eventTime":${timeJson(row.eventTimeUs)},"createdTime":${timeJson(row.createdTimeUs)}`;
  return `{"entities":${members(spec.joinKeys, keys)},${times},"values":${values}}`;
}

export function tileJson(spec: Spec, { keys, packed }: TileWrite): string {
  return `{"entities":${members(spec.joinKeys, keys)},"packed":${JSON.stringify(packed)}}`;
}

export function members(columns: readonly { name: string; type: string }[], values: readonly (Value | null)[]): string {
  const parts = columns.map(
    ({ name, type }, i) => `${JSON.stringify(name)}:${valueToJson(parseTypeName(type), values[i] as Value | null)}`,
  );
  return `{${parts.join(",")}}`;
}

function timeJson(us: Us | null): string {
  return us === null ? "null" : JSON.stringify(formatTime(us));
}
