// The answer in Feast's shape: column-wise results, each value with a status and a time.
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime, US_PER_SECOND } from "../../sdk/time.ts";
import { floatText, type Value, valueFromJson, valueToJson, type ValueType } from "../../sdk/types/index.ts";
import type { RowEvaluator } from "./evaluate.ts";
import type { Served } from "./feature-server.ts";
import { checkAnswer } from "./read-limits.ts";
import type { Status } from "./status.ts";

interface FeastColumn {
  readonly name: string;
  readonly values: string[];
  /** null: all PRESENT. */
  readonly statuses: string[] | null;
  /** Whose times it has: an index of the plan's reads; −1 for none. */
  readonly read: number;
}

const EPOCH = "1970-01-01T00:00:00Z";

/** Feast has no STALE: the value is there. Its INVALID is the nearest to a fault. */
const FEAST_STATUS: Readonly<Record<Exclude<Status, "STALE">, string>> = {
  PRESENT: "PRESENT",
  NULL_VALUE: "NULL_VALUE",
  NOT_FOUND: "NOT_FOUND",
  OUTSIDE_MAX_AGE: "OUTSIDE_MAX_AGE",
  TRANSFORM_ERROR: "INVALID",
};

export interface FeastForm {
  /** True to call a feature `view__feature`. */
  readonly fullNames: boolean;
  /** True to list the views that were read, with their versions. */
  readonly versions: boolean;
}

/**
 * Evaluates every row and returns the JSON text: join keys first, then features, then on-demand features.
 * @throws duplicate_feature when two columns have one name; request_too_large
 */
export function encodeFeastAnswer(served: Served, { fullNames, versions }: FeastForm): string {
  const { plan, inputs, evaluator } = served;
  const outputs = [...plan.outputs.filter(({ read }) => read >= 0), ...plan.outputs.filter(({ read }) => read < 0)];
  const keys = joinKeyColumns(served);
  const columns = outputs.map(({ feature, reference, read }) => {
    return { name: fullNames ? fullName(reference) : feature, values: [] as string[], statuses: [] as string[], read };
  });
  const all: FeastColumn[] = [...keys, ...columns];
  refuseDuplicates(all);
  // All features of a view have its row's time: written once for them all.
  const times = plan.reads.map((): string[] => []);
  let chars = 0;
  for (let r = 0; r < inputs.rows; r++) {
    evaluator.run(r);
    for (let read = 0; read < times.length; read++) {
      const time = evaluator.eventTimes[read] as number | null;
      (times[read] as string[]).push(time === null ? EPOCH : formatTime(time));
    }
    for (let i = 0; i < outputs.length; i++) {
      const { type, slot, read } = outputs[i] as (typeof outputs)[number];
      const { values, statuses } = columns[i] as (typeof columns)[number];
      const value = evaluator.row[slot] as Value | null;
      const text = feastJson(type, value);
      chars += text.length;
      values.push(text);
      statuses.push(feastStatus(evaluator, slot, read, value));
    }
    checkAnswer(chars);
  }
  const timeTexts = times.map(textList);
  const noTimes = textList(new Array<string>(inputs.rows).fill(EPOCH));
  const allPresent = textList(new Array<string>(inputs.rows).fill("PRESENT"));
  const results = all.map(({ values, statuses, read }) => {
    const statusText = statuses === null ? allPresent : textList(statuses);
    const timeText = read < 0 ? noTimes : (timeTexts[read] as string);
    return `{"values":[${values.join(",")}],"statuses":${statusText},"event_timestamps":${timeText}}`;
  });
  const names = JSON.stringify(all.map(({ name }) => name));
  const metadata = versions ? `,"feature_view_metadata":${JSON.stringify(viewVersions(served))}` : "";
  return `{"metadata":{"feature_names":${names}${metadata}},"results":[${results.join(",")}]}`;
}

/** `view__feature`, or `view@v2__feature` where a version was asked for. */
function fullName(reference: string): string {
  return reference.replace(/(?:@(\d+))?:/, (_, version?: string) => (version === undefined ? "__" : `@v${version}__`));
}

/** As Feast: the views that are read, each name once. */
function viewVersions({ plan }: Served): { name: string; version: number }[] {
  return plan.reads
    .filter(({ label }, i) => plan.reads.findIndex((read) => read.label === label) === i)
    .map(({ label, version }) => ({ name: label, version }));
}

/** A JSON list of texts that need no escape. */
function textList(texts: readonly string[]): string {
  return `["${texts.join('","')}"]`;
}

function refuseDuplicates(columns: readonly FeastColumn[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new EdgefeatError("duplicate_feature", `two columns of the answer are called "${name}"`, {
        hint: 'ask with "full_feature_names": true, or give one of the views another name',
      });
    }
    seen.add(name);
  }
}

/** The join keys that the request gave, as it gave them. */
function joinKeyColumns({ plan, inputs, given }: Served): FeastColumn[] {
  return Object.entries(given.entities).map(([name, json]) => {
    const key = plan.keys.find((column) => column.name === name);
    const list = Array.isArray(json) ? json : [json];
    const values = Array.from({ length: inputs.rows }, (_, r) => {
      const id: unknown = list[list.length === 1 ? 0 : r];
      if (key === undefined || id === null) return plainJson(id);
      return feastJson(key.type, valueFromJson(key.type, id, name, { zoneless: "utc" }));
    });
    return { name, values, statuses: null, read: -1 };
  });
}

function feastStatus(
  { statuses, readStatuses }: RowEvaluator,
  slot: number,
  read: number,
  value: Value | null,
): string {
  const status = statuses[slot] as Status;
  if (status !== "STALE") return FEAST_STATUS[status];
  const underneath = readStatuses[read] as "PRESENT" | "NOT_FOUND" | "OUTSIDE_MAX_AGE";
  return underneath === "PRESENT" && value === null ? "NULL_VALUE" : underneath;
}

/** Feast's JSON of a value: timestamps are whole seconds, and floats never look like integers; the rest is as in ours. */
function feastJson(type: ValueType, value: Value | null): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "timestamp":
      return String(floorSeconds(value as bigint));
    case "float32":
    case "float64":
      return feastFloat(value as number);
    case "vector":
      return `[${Array.from(value as Float32Array, feastFloat).join(",")}]`;
    case "list":
      return `[${(value as readonly Value[]).map((v) => feastJson(type.of, v)).join(",")}]`;
    default:
      return valueToJson(type, value);
  }
}

/** Feast's client takes a number's type from its text: 5 would be an int64 there, and its typed reads refuse that. */
function feastFloat(n: number): string {
  const text = floatText(n);
  return Number.isInteger(n) && !text.includes("e") ? `${text}.0` : text;
}

function floorSeconds(us: bigint): bigint {
  const second = BigInt(US_PER_SECOND);
  const rest = ((us % second) + second) % second;
  return (us - rest) / second;
}

function plainJson(json: unknown): string {
  return typeof json === "bigint" ? String(json) : (JSON.stringify(json) ?? "null");
}
