// Random worlds for the stored join: many small cases side by side, each a key with its own history and entity rows.
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { times } from "./histories.ts";
import { knownRows, type OracleRow, pointInTime } from "./oracle.ts";

/** One case: the rows of a key, and when it is asked about. Its key is its place in the world. */
export interface JoinCase {
  readonly rows: readonly { e: number; c: number | null; n: bigint | null; s: string | null }[];
  readonly asks: readonly { t: number; known: number }[];
  /** A null in the key, of its rows and of its entity rows: it matches nothing, not even another null. */
  readonly nullKey: boolean;
}

/** A case and what is asked of all of its world. */
export interface JoinWorld {
  readonly cases: readonly JoinCase[];
  readonly ttlUs: number;
  readonly embargoUs: number;
  /** undefined: any row; true: known at t′; "known_at": at that column's time. */
  readonly asKnownAt: undefined | true | "known_at";
}

/** Times close together, so that ties, the ends of TTLs and rows known late meet often. */
const near = fc.oneof({ arbitrary: fc.integer({ min: -12, max: 12 }), weight: 4 }, times);

const cases: fc.Arbitrary<JoinCase> = fc.record({
  rows: fc.array(
    fc.record({
      e: near,
      c: fc.option(near, { nil: null, freq: 6 }),
      n: fc.option(fc.bigInt({ min: -2n, max: 2n }), { nil: null, freq: 6 }),
      s: fc.option(fc.constantFrom("", "a", "b", "é"), { nil: null, freq: 6 }),
    }),
    { maxLength: 12, size: "max" },
  ),
  asks: fc.array(fc.record({ t: near, known: near }), { minLength: 1, maxLength: 4 }),
  nullKey: fc.integer({ min: 0, max: 19 }).map((i) => i === 0),
});

/** Worlds of up to `most` cases. */
export const joinWorlds = (most: number): fc.Arbitrary<JoinWorld> =>
  fc.record({
    cases: fc.array(cases, { minLength: 1, maxLength: most, size: "max" }),
    ttlUs: fc.constantFrom(0, 0, 1, 5, 3_600_000_000),
    embargoUs: fc.constantFrom(0, 0, 1, 7),
    asKnownAt: fc.constantFrom(undefined, undefined, true as const, "known_at" as const),
  });

const TEXT: ValueType = { kind: "string" };
const INT: ValueType = { kind: "int64" };
const TIME: ValueType = { kind: "timestamp" };
const column = (type: ValueType, values: (Value | null)[]) => vectorFromValues(type, values);
const us = (time: number | null) => (time === null ? null : BigInt(time));

/** Returns the history of a world: id, at, created, n, s; rows of all cases mixed, as files have them. */
export function worldHistory({ cases: all }: JoinWorld): Table {
  const rows = mixed(
    all.flatMap(({ rows: own, nullKey }, i) => own.map((row) => ({ id: nullKey ? null : BigInt(i), ...row }))),
  );
  return tableOf([
    [
      "id",
      column(
        INT,
        rows.map((row) => row.id),
      ),
    ],
    [
      "at",
      column(
        TIME,
        rows.map((row) => us(row.e)),
      ),
    ],
    [
      "created",
      column(
        TIME,
        rows.map((row) => us(row.c)),
      ),
    ],
    [
      "n",
      column(
        INT,
        rows.map((row) => row.n),
      ),
    ],
    [
      "s",
      column(
        TEXT,
        rows.map((row) => row.s),
      ),
    ],
  ]);
}

/** Returns the entity rows of a world: id, event_timestamp, known_at. */
export function worldEntities(world: JoinWorld): Table {
  const rows = asksOf(world);
  return tableOf([
    [
      "id",
      column(
        INT,
        rows.map((row) => row.id),
      ),
    ],
    [
      "event_timestamp",
      column(
        TIME,
        rows.map((row) => us(row.t)),
      ),
    ],
    [
      "known_at",
      column(
        TIME,
        rows.map((row) => us(row.known)),
      ),
    ],
  ]);
}

/** Returns what the join must give for every entity row: n, s, and the event time of the row used. */
export function worldAnswers(world: JoinWorld): (Value | null)[][] {
  const histories = world.cases.map(({ rows, nullKey }): OracleRow[] =>
    rows.map(({ e, c, n, s }) => ({ key: nullKey ? null : "key", e, c, values: { n, s } })),
  );
  return asksOf(world).map(({ of, id, t, known }) => {
    const at = t - world.embargoUs;
    const history = histories[of] as OracleRow[];
    const rows = world.asKnownAt === undefined ? history : knownRows(history, world.asKnownAt === true ? at : known);
    const row = pointInTime(rows, id === null ? null : "key", at, world.ttlUs, ["n", "s"]);
    return row === null
      ? [null, null, null]
      : [row.values["n"] as Value | null, row.values["s"] as Value | null, BigInt(row.e)];
  });
}

function asksOf({ cases: all }: JoinWorld) {
  return mixed(
    all.flatMap(({ asks, nullKey }, of) => asks.map((ask) => ({ of, id: nullKey ? null : BigInt(of), ...ask }))),
  );
}

/** The same things in another order: every third, then the next, so that neighbours in it are of different cases. */
function mixed<T>(things: readonly T[]): T[] {
  return [0, 1, 2].flatMap((start) => things.filter((_, i) => i % 3 === start));
}
