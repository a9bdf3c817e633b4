// What happens in a stream: random events, when each arrives and how often, and what is materialized in between.
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { formatTime, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND, type Us } from "../../sdk/time.ts";
import { type Value, valueToJson } from "../../sdk/types/index.ts";
import type { OracleRow, OracleValue } from "../support/oracle.ts";
import { columnTypes, randomValues } from "../support/random-aggregations.ts";
import { type Form, FORMS, LATENESSES, type ViewName } from "./stream-views.ts";

export const NOW_US: Us = Date.UTC(2001, 2, 31) * 1_000;
export const KEYS = ["a", "b", "c&d:e+f"];
const COLUMNS = Object.entries(columnTypes) as [
  keyof typeof columnTypes,
  (typeof columnTypes)[keyof typeof columnTypes],
][];

export interface StreamEvent extends OracleRow {
  readonly key: string;
  readonly id: string;
  readonly values: Record<keyof typeof columnTypes, OracleValue>;
  /** When it is pushed; null: it only comes by the file. */
  readonly arrivesUs: Us | null;
  /** From which step on the file has it; null: never. */
  readonly fileStep: number | null;
}

export type Step =
  | {
      readonly kind: "push";
      readonly events: readonly StreamEvent[];
      readonly view: ViewName;
      readonly to: "both" | "offline";
    }
  | {
      readonly kind: "materialize";
      readonly view: ViewName;
      readonly backUs: Us;
      /** True: the versions that served before the latest are left for another time. */
      readonly isLatestAlone: boolean;
    }
  /** A new form of a view comes into the definitions, or one that it had. */
  | { readonly kind: "apply"; readonly view: ViewName; readonly to: Form }
  | { readonly kind: "wait"; readonly us: Us };

/** Random numbers by a seed (mulberry32). */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** From 0 to less than 1. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }
}

/** Returns a stream: its events, and what happens in their order of arrival. */
export function randomStream(random: Random): { events: StreamEvent[]; steps: Step[] } {
  const events = randomEvents(random);
  return { events, steps: randomSteps(random, events) };
}

/** Returns the events of a stream. */
function randomEvents(random: Random): StreamEvent[] {
  const n = 5 + random.below(40);
  const values = fc.sample(fc.record(randomValues), { seed: random.seed, numRuns: n });
  const spanUs = random.pick([US_PER_MINUTE * 10, US_PER_HOUR * 5, US_PER_DAY * 3]);
  return values.map((row, i): StreamEvent => {
    const e =
      NOW_US -
      2 * US_PER_DAY -
      Math.floor((random.next() * spanUs) / US_PER_SECOND) * US_PER_SECOND -
      (random.below(4) === 0 ? random.below(1e6) : 0);
    const delayUs = random.pick([
      -4 * US_PER_SECOND,
      0,
      US_PER_SECOND,
      20 * US_PER_MINUTE,
      3 * US_PER_HOUR,
      30 * US_PER_HOUR,
    ]);
    const isPushed = random.below(5) > 0;
    const isInFile = !isPushed || random.below(3) === 0;
    return {
      key: random.pick(KEYS),
      e,
      c: random.below(3) === 0 ? null : e + random.below(1e7),
      id: `e${i}`,
      values: row,
      arrivesUs: isPushed ? e + delayUs : null,
      fileStep: isInFile ? random.below(60) : null,
    };
  });
}

const BOUND_FOR: readonly ViewName[] = ["windows", "windows", "totals", "latest"];

/** Returns what happens to events: they are pushed as they arrive, some again, between materializations and new definitions. */
function randomSteps(random: Random, events: readonly StreamEvent[]): Step[] {
  const arriving = events
    .filter(({ arrivesUs }) => arrivesUs !== null)
    .toSorted((a, b) => (a.arrivesUs as Us) - (b.arrivesUs as Us));
  const steps: Step[] = [];
  const push = (events: readonly StreamEvent[]) =>
    steps.push({
      kind: "push",
      events,
      view: random.pick(BOUND_FOR),
      to: random.below(12) === 0 ? "offline" : "both",
    });
  const materialize = (view: ViewName) =>
    steps.push({
      kind: "materialize",
      view,
      backUs: random.pick([0, 1, US_PER_HOUR, US_PER_DAY, 3 * US_PER_DAY]),
      isLatestAlone: random.below(4) === 0,
    });
  // The first that is applied is another one than the definitions had.
  const apply = (view: ViewName) => {
    const isFirst = !steps.some(({ kind }) => kind === "apply");
    const form = isFirst ? 1 + random.below(FORMS - 1) : random.below(FORMS);
    steps.push({ kind: "apply", view, to: { form, lateness: random.pick(LATENESSES) } });
  };
  const redefined = random.pick([null, ...BOUND_FOR]);
  for (let from = 0; from < arriving.length;) {
    const size = 1 + random.below(5);
    const batch = arriving.slice(from, from + size);
    from += size;
    push(batch);
    // Most events go to both views; replays of what came before, and twice in one request.
    if (random.below(3) === 0) push(batch);
    if (random.below(4) === 0) push([...batch, ...batch].toSorted(() => random.next() - 0.5));
    if (random.below(4) === 0)
      push(Array.from({ length: 1 + random.below(6) }, () => random.pick(arriving.slice(0, from))));
    if (random.below(3) === 0) materialize(random.pick(BOUND_FOR));
    if (random.below(5) === 0)
      steps.push({ kind: "wait", us: random.pick([US_PER_SECOND, US_PER_HOUR, 7 * US_PER_HOUR]) });
    if (redefined === null) continue;
    const next = random.below(9);
    if (next < 3) apply(random.below(4) > 0 ? redefined : random.pick(BOUND_FOR));
    else if (next < 5) materialize(redefined);
  }
  if (redefined !== null && !steps.some(({ kind }) => kind === "apply")) apply(redefined);
  return steps;
}

/** Returns an event as push takes it. */
export function eventJson({ key, e, c, id, values }: StreamEvent): string {
  const members = COLUMNS.map(([name, type]) => `"${name}":${valueToJson(type, values[name] as Value | null)}`);
  const created = c === null ? "" : `,"created":"${formatTime(c)}"`;
  return `{"id":"${id}","time":"${formatTime(e)}"${created},"values":{"key":${JSON.stringify(key)},${members.join(",")}}}`;
}

/** Returns the file of some events. */
export function tableOfEvents(events: readonly StreamEvent[]): Table {
  const time = (of: (event: StreamEvent) => number | null) =>
    vectorFromValues(
      { kind: "timestamp" },
      events.map((event) => {
        const us = of(event);
        return us === null ? null : BigInt(us);
      }),
    );
  const texts = (of: (event: StreamEvent) => string) => vectorFromValues({ kind: "string" }, events.map(of));
  return tableOf([
    ["id", texts(({ id }) => id)],
    ["key", texts(({ key }) => key)],
    ["event_time", time(({ e }) => e)],
    ["created", time(({ c }) => c)],
    ...COLUMNS.map(
      ([name, type]) =>
        [
          name,
          vectorFromValues(
            type,
            events.map(({ values }) => values[name] as Value | null),
          ),
        ] as const,
    ),
  ]);
}
