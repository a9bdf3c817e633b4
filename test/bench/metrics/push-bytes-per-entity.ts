// push.bytes_per_entity: what a row that events were pushed into takes in the store, beside the same tiles alone.
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { packTileRow, unpackTileRow } from "../../../sdk/rows/index.ts";
import { parseTime } from "../../../sdk/time.ts";
import { tileLayout } from "../../../sdk/windows/index.ts";
import { hash53 } from "../../../sdk/hash53.ts";
import { tilePusher } from "../../../worker/push/tile-push.ts";
import { compressText, plainText } from "../../../worker/store/compressed-text.ts";
import type { Measurement, Metric } from "../metric.ts";
import { airportDelays } from "../push-definitions.ts";
import { flightStream, type StreamEvent } from "../push-stream.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

/** More than a week of them. */
const EVENTS = 250_000;
const BATCH = 1_000;

export const pushBytesPerEntity: Metric = {
  name: "push.bytes_per_entity",
  description:
    "bytes of a row of three windows of 1 h, 1 d and 7 d with a week of pushed flights, over its tiles alone; and with its companion",
  async run(say) {
    const { snapshot } = snapshotFrom({ airportDelays });
    const spec = snapshot.views["airport_delays"]?.versions["1"]?.spec as AggregatedViewSpec;
    const layout = tileLayout(spec);
    const push = tilePusher(spec);
    const rows = new Map<string, { row: string; seen: string }>();
    say("pushing");
    const events = await flightStream(EVENTS);
    for (let from = 0; from < events.length; from += BATCH) {
      const batch = Map.groupBy(events.slice(from, from + BATCH), ({ values }) => values.origin);
      for (const [origin, own] of batch) {
        const before = rows.get(origin) ?? { row: null, seen: null };
        const { write } = push(
          before,
          own.map((event) => pushed(spec, event)),
          { nowUs: parseTime((own.at(-1) as StreamEvent).time), frozen: true },
        );
        if (write !== undefined) rows.set(origin, { row: compressText(write.value), seen: write.seen as string });
      }
    }
    const all = [...rows.values()];
    const mean = (of: (one: (typeof all)[number]) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
    const tiles = mean(({ row }) => {
      const { push: _, ...alone } = unpackTileRow(layout, plainText(row));
      return compressText(packTileRow(layout, alone)).length;
    });
    const row = mean((one) => one.row.length);
    const seen = mean((one) => one.seen.length);
    const part = (variant: string, bytes: number): Measurement => ({
      variant,
      unit: "bytes",
      values: [bytes],
      baselines: [tiles],
      against: "the tiles alone",
      better: "lower",
    });
    return {
      measurements: [part("", row), part("with_companion", row + seen)],
      notes: [
        `${all.length} airports, ${EVENTS.toLocaleString("en-US")} flights; a companion remembers the ids of the last hour: ${Math.round(seen)} bytes in the mean`,
      ],
    };
  },
};

function pushed(spec: AggregatedViewSpec, { id, time, values }: StreamEvent) {
  const own = spec.columns.map(({ name }) => BigInt(values[name as "delay" | "distance"]));
  return {
    id: String(id),
    eventTimeUs: parseTime(time),
    createdTimeUs: null,
    values: own,
    hash: hash53(JSON.stringify(values)),
  };
}
