// Makes the conformance vectors of random histories; what they expect is the oracle's, never the engine's.
// `node test/conformance/vectors/make-random.ts` writes the same files every time.
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { formatDuration, formatTime } from "../../../sdk/time.ts";
import {
  doubles,
  entityRows,
  type EntityRow,
  finiteDoubles,
  histories,
  type HistoryRow,
  integers,
  type Key,
  orNull,
  texts,
} from "../../support/histories.ts";
import { type OracleRow, type OracleValue, pointInTime } from "../../support/oracle.ts";
import { windowTruth } from "../../support/window-oracle.ts";
import { type Cell, type VectorCase, VECTORS, type WindowFeature } from "./format.ts";

const SEED = 20261121;
const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;
const KEYS = { k1: "string", k2: "int64" };
const COLUMNS = { x: "float64", n: "int64", s: "string", l: "list<int64>" };
const SOURCE = { ...KEYS, e: "timestamp", c: "timestamp" };
const TIMES = { eventTime: "e", createdTime: "c" };
const ENTITY = { ...KEYS, t: "timestamp" };
const NAMES = Object.keys(COLUMNS);

/** Returns the cell of a value. */
function cellOf(value: OracleValue): Cell {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);
  return Array.isArray(value) ? value.map(cellOf) : (value as Cell);
}

function sampled<T>(arbitrary: fc.Arbitrary<T>, numRuns: number, seed: number): T[] {
  return fc.sample(arbitrary, { numRuns, seed: SEED + seed });
}

/** Two keys, and seldom a null one, so that rows and entity rows meet. */
function fewer<R>(rows: readonly R[], partsOf: (row: R) => Key["parts"], withKey: (row: R, key: Key) => R): R[] {
  return rows.flatMap((row, i) => {
    const [k1, k2] = partsOf(row);
    if (k1 === null || k2 === null) return i % 6 === 0 ? [withKey(row, { parts: [k1, k2], text: null })] : [];
    const first = k1 === "b" ? "b" : "a";
    return [withKey(row, { parts: [first, 2n ** 60n + 1n], text: first })];
  });
}
const fewKeys = (rows: readonly HistoryRow[]): HistoryRow[] =>
  fewer(
    rows,
    (row) => row.keyParts,
    (row, { parts, text }) => ({ ...row, key: text, keyParts: parts }),
  );
const askedKeys = (rows: readonly EntityRow[]): EntityRow[] =>
  fewer(
    rows,
    (row) => row.key.parts,
    (row, key) => ({ ...row, key }),
  );

const sourceRows = (rows: readonly HistoryRow[], names: readonly string[]): Cell[][] =>
  rows.map(({ keyParts, e, c, values }) => [
    ...keyParts.map(cellOf),
    formatTime(e),
    c === null ? null : formatTime(c),
    ...names.map((name) => cellOf(values[name] as OracleValue)),
  ]);
const askedRows = (rows: readonly EntityRow[]): Cell[][] =>
  rows.map(({ key, t }) => [...key.parts.map(cellOf), formatTime(t)]);

function storedCases(): VectorCase[] {
  const columns = {
    x: orNull(doubles),
    n: orNull(integers),
    s: orNull(texts),
    l: orNull(fc.array(integers, { maxLength: 2 })),
  };
  const setting = fc.record({
    rows: histories(columns, 40).map(fewKeys),
    asked: entityRows(16).map(askedKeys),
    ttlUs: fc.constantFrom(0, HOUR, DAY, DAY),
    embargoUs: fc.constantFrom(0, 0, 1, HOUR),
    known: fc.constantFrom(false, false, true),
  });
  return sampled(setting, 24, 1).map(({ rows, asked, ttlUs, embargoUs, known }, i): VectorCase => {
    const found = asked.map(({ key, t }) => {
      const at = t - embargoUs;
      const candidates = known ? rows.filter(({ c }) => c !== null && c <= at) : rows;
      const latest = pointInTime(candidates, key.text, at, 0, NAMES);
      const valid = pointInTime(candidates, key.text, at, ttlUs, NAMES);
      const absent = latest === null ? "NOT_FOUND" : valid === null ? "OUTSIDE_MAX_AGE" : null;
      return NAMES.map((name) => {
        const value = valid?.values[name] ?? null;
        return { cell: cellOf(value), status: absent ?? (value === null ? "NULL_VALUE" : "PRESENT") };
      });
    });
    const statuses = found.map((row) => row.map(({ status }) => status));
    return {
      id: `random-stored-${i + 1}`,
      rules: ["2.1", ...(known ? ["2.2"] : []), "2.3", "2.4", "2.5"],
      title: `a random history, TTL ${formatDuration(ttlUs)}, embargo ${formatDuration(embargoUs)}${known ? ", as known at t′" : ""}`,
      derived: "oracle",
      sources: { history: { ...TIMES, columns: { ...SOURCE, ...COLUMNS }, rows: sourceRows(rows, NAMES) } },
      views: {
        v: {
          kind: "stored",
          source: "history",
          keys: KEYS,
          ttl: formatDuration(ttlUs),
          features: Object.fromEntries(Object.entries(COLUMNS).map(([name, type]) => [name, { type }])),
        },
      },
      ask: [{ view: "v" }],
      ...(embargoUs === 0 ? {} : { embargo: formatDuration(embargoUs) }),
      ...(known ? { asKnownAt: true as const } : {}),
      entityRows: { time: "t", columns: ENTITY, rows: askedRows(asked) },
      expect: {
        columns: COLUMNS,
        rows: found.map((row) => row.map(({ cell }) => cell)),
        ...(known ? {} : { statuses }),
      },
    };
  });
}

/** Each with its result's type, and its window and hop in µs. */
const WINDOWS: Record<string, [WindowFeature, type: string, windowUs: number, hopUs: number]> = {
  events: [{ fn: "count", window: "1h" }, "int64", HOUR, 60_000_000],
  x_count: [{ fn: "count", column: "x", window: "1d", hop: "6h" }, "int64", DAY, 6 * HOUR],
  x_sum: [{ fn: "sum", column: "x", window: "6h" }, "float64", 6 * HOUR, 600_000_000],
  x_avg: [{ fn: "avg", column: "x", window: "1d" }, "float64", DAY, HOUR],
  x_min: [{ fn: "min", column: "x", window: "2h", hop: "2h" }, "float64", 2 * HOUR, 2 * HOUR],
  x_max: [{ fn: "max", column: "x", window: "1d" }, "float64", DAY, HOUR],
  n_sum: [{ fn: "sum", column: "n", window: "1d", hop: "1h" }, "int64", DAY, HOUR],
  n_avg: [{ fn: "avg", column: "n", window: "7d" }, "float64", 7 * DAY, 6 * HOUR],
  n_max: [{ fn: "max", column: "n", window: "7s" }, "int64", 7_000_000, 1_000_000],
  s_first: [{ fn: "first", column: "s", window: "1d" }, "string", DAY, HOUR],
  s_last: [{ fn: "last", column: "s", window: "1h", hop: "1h" }, "string", HOUR, HOUR],
  n_last: [{ fn: "last", column: "n", window: "2d", hop: "1d" }, "int64", 2 * DAY, DAY],
};

function windowCases(): VectorCase[] {
  const columns = { x: orNull(doubles), n: orNull(integers), s: orNull(texts) };
  const finite = { ...columns, x: orNull(finiteDoubles) };
  const setting = fc.record({
    rows: fc.oneof(histories(columns, 36), histories(finite, 36)).map(fewKeys),
    asked: entityRows(14).map(askedKeys),
    embargoUs: fc.constantFrom(0, 0, 1, HOUR),
    names: fc.uniqueArray(fc.constantFrom(...Object.keys(WINDOWS)), { minLength: 5, maxLength: 7 }),
  });
  return sampled(setting, 24, 2).map(({ rows, asked, embargoUs, names }, i): VectorCase => {
    const windows = names.map((name) => [name, WINDOWS[name] as (typeof WINDOWS)[string]] as const);
    return {
      id: `random-windows-${i + 1}`,
      rules: ["4.1", "4.3", "4.4", "4.5", "4.8"],
      title: `windows over a random history, embargo ${formatDuration(embargoUs)}`,
      derived: "oracle",
      sources: {
        history: {
          ...TIMES,
          columns: { ...SOURCE, x: "float64", n: "int64", s: "string" },
          rows: sourceRows(rows, ["x", "n", "s"]),
        },
      },
      views: {
        v: {
          kind: "aggregated",
          source: "history",
          keys: KEYS,
          features: Object.fromEntries(windows.map(([name, [feature]]) => [name, feature])),
        },
      },
      ask: [{ view: "v" }],
      ...(embargoUs === 0 ? {} : { embargo: formatDuration(embargoUs) }),
      entityRows: { time: "t", columns: ENTITY, rows: askedRows(asked) },
      expect: {
        columns: Object.fromEntries(windows.map(([name, [, type]]) => [name, type])),
        rows: asked.map(({ key, t }) =>
          windows.map(([, [{ fn, column = null }, , windowUs, hopUs]]) =>
            cellOf(windowTruth(rows as readonly OracleRow[], key.text, t - embargoUs, { fn, column, windowUs, hopUs })),
          ),
        ),
      },
    };
  });
}

/** JSON as the other files are written: what fits on a line is on one. */
function text(value: unknown, indent = 0, before = 0): string {
  const flat = lineOf(value);
  if (typeof value !== "object" || value === null || indent + before + flat.length <= 118) return flat;
  const pad = " ".repeat(indent + 2);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => text(item, indent + 2))
    : Object.entries(value).map(([name, item]) => {
        const label = `${JSON.stringify(name)}: `;
        return `${label}${text(item, indent + 2, label.length)}`;
      });
  return `${open}\n${parts.map((part) => `${pad}${part}`).join(",\n")}\n${" ".repeat(indent)}${close}`;
}

function lineOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(lineOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}: ${lineOf(item)}`)
    .join(", ")}}`;
}

function write(file: string, title: string, cases: readonly VectorCase[]): void {
  writeFileSync(
    `${VECTORS}${file}`,
    `${text({ $schema: "./schema.json", format: "edgefeat-conformance/1", title, cases })}\n`,
  );
}

write("9.1-random-stored.json", "Random histories of stored views", storedCases());
write("9.2-random-windows.json", "Windows over random histories", windowCases());
