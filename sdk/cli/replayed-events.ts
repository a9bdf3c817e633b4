// Events of the log as a push takes them, for one version of a view: what it does not know of is left out.
import type { LogEvent } from "../../offline/log/index.ts";
import { type Encodable, encodeJson } from "../client/encode.ts";
import { type AggregatedViewSpec, eventColumns, type StoredViewSpec } from "../registry/index.ts";
import { formatTime, type Us } from "../time.ts";

/** Returns the JSON text of a list of events. */
export function eventsJson(spec: StoredViewSpec | AggregatedViewSpec, events: readonly LogEvent[]): string {
  const { createdTime, eventId } = spec.source;
  const values = eventColumns(spec).filter(({ member }) => member === null);
  const names = values.map(({ name }) => name);
  const json = ({ id, eventTimeUs, createdTimeUs, values }: LogEvent): string =>
    encodeJson({
      id: eventId === null ? undefined : id,
      time: formatTime(eventTimeUs),
      created: createdTime === null ? undefined : time(createdTimeUs),
      values: Object.fromEntries(
        names.filter((name) => Object.hasOwn(values, name)).map((name) => [name, values[name] as Encodable]),
      ),
    });
  return `[${events.map(json).join(",")}]`;
}

function time(us: Us | null): string | null {
  return us === null ? null : formatTime(us);
}
