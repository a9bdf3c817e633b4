// A stored row in the local cache: its times at hand, its values and their JSON text made when first asked for.
import { EdgefeatError } from "../../sdk/errors.ts";
import { type StoredRow, unpackStoredRows } from "../../sdk/rows/index.ts";
import type { Us } from "../../sdk/time.ts";
import { unpackValue, type Value, valueToJson, type ValueType } from "../../sdk/types/index.ts";

/** The features of one stored view that stand side by side in an answer. Compared by identity: one a compiled plan. */
export interface Segment {
  readonly types: readonly ValueType[];
  /** Indices into the view's features. */
  readonly features: readonly number[];
  readonly defaults: readonly (Value | null)[];
  /** True when the features follow one another in the packed row, and are packed as an answer writes them. */
  readonly verbatim: boolean;
  /** What stands before and after its text in the answer: brackets and comma, where the segment is all of a row. */
  readonly before: string;
  readonly after: string;
}

/** As StoredRows: the rows that were still to come when they were written, latest first, then the winner of the rest. */
export type ServedRows = readonly [ServedRow, ...ServedRow[]];

/** A row in one of the forms that lead to its values. */
interface RowContent {
  /** Of a row that is not given as text. */
  readonly writtenAtUs?: Us;
  readonly text?: string | null;
  /** The packed row, parsed. */
  readonly json?: readonly unknown[] | null;
  readonly values?: readonly (Value | null)[] | null;
}

export class ServedRow {
  readonly eventTimeUs: Us | null;
  readonly #types: readonly ValueType[];
  /** The packed row, where it holds this row alone, numbers and nulls only: its commas then part its values. */
  readonly #text: string | null;
  readonly #writtenAtUs: Us | undefined;
  #json: readonly unknown[] | null;
  #values: readonly (Value | null)[] | null;
  // Requests for one view mostly ask for the same of it: the text of the last segment is kept.
  #segment: Segment | null = null;
  #segmentText = "";

  constructor(
    types: readonly ValueType[],
    eventTimeUs: Us | null,
    { writtenAtUs, text = null, json = null, values = null }: RowContent,
  ) {
    this.#types = types;
    this.eventTimeUs = eventTimeUs;
    this.#text = text;
    this.#writtenAtUs = writtenAtUs;
    this.#json = json;
    this.#values = values;
  }

  /** When the store took it. */
  get writtenAtUs(): Us {
    return this.#writtenAtUs ?? Number((this.#text as string).split(",", 2)[1]);
  }

  /** In the order of the view's features. @throws row_corrupt */
  get values(): readonly (Value | null)[] {
    if (this.#values !== null) return this.#values;
    try {
      const json = this.#json ?? (JSON.parse(this.#text as string) as unknown[]);
      this.#values = this.#types.map((type, i) => unpackValue(type, json[i + LEADING]));
    } catch (cause) {
      throw unreadable(cause);
    }
    this.#json = null;
    return this.#values;
  }

  /**
   * Returns the JSON texts of a segment's values, joined by commas, and what stands around them; defaults stand in for
   * nulls. @throws row_corrupt
   */
  jsonOf(segment: Segment): string {
    if (this.#segment === segment) return this.#segmentText;
    this.#segmentText = segment.before + (this.#slice(segment) ?? this.#encode(segment)) + segment.after;
    this.#segment = segment;
    return this.#segmentText;
  }

  /** The segment's part of the packed text; null where it has to be encoded. */
  #slice({ features, defaults, verbatim }: Segment): string | null {
    const text = this.#text;
    if (!verbatim || text === null) return null;
    let from = 0;
    for (let i = LEADING + (features[0] as number); i > 0; i--) from = text.indexOf(",", from) + 1;
    let to = from;
    for (let i = features.length; i > 0 && to >= 0; i--) to = text.indexOf(",", to + 1);
    const slice = text.slice(from, to < 0 ? -1 : to);
    return slice.includes("null") && defaults.some((value) => value !== null) ? null : slice;
  }

  #encode({ types, features, defaults }: Segment): string {
    const { values } = this;
    let text = "";
    for (let i = 0; i < features.length; i++) {
      const value = values[features[i] as number] as Value | null;
      if (i > 0) text += ",";
      text += valueToJson(types[i] as ValueType, value ?? (defaults[i] as Value | null));
    }
    return text;
  }
}

/** Event time, written time and created time come before the values. */
const LEADING = 3;

const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
/** An integer that a double holds; the few beyond 9·10¹⁵ take the longer way. */
const TIME = String.raw`-?(?:0|[1-9]\d{0,14}|[1-8]\d{15})`;

/**
 * Returns what makes rows of a view's packed texts, checked in shape; their values are unpacked when asked for. A single
 * row of numbers, as most are, is checked by a pattern: a quarter of the time of JSON.parse, and nothing to collect later.
 * It throws row_corrupt.
 */
export function storedRowDecoder(types: readonly ValueType[]): (text: string) => ServedRows {
  const plain = new RegExp(
    String.raw`^\[(?:null|${TIME}),${TIME},(?:null|${TIME})(?:,(?:null|true|false|${NUMBER})){${types.length}}\]$`,
  );
  return (text) => {
    if (plain.test(text)) {
      const eventTime = text.slice(1, text.indexOf(","));
      return [new ServedRow(types, eventTime === "null" ? null : Number(eventTime), { text })];
    }
    return otherRows(types, text);
  };
}

/** Rows with other values than numbers, pending and compressed ones, and whatever is wrong. @throws row_corrupt */
function otherRows(types: readonly ValueType[], text: string): ServedRows {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw unreadable(cause);
  }
  if (Array.isArray(json) && json.length === types.length + LEADING) {
    const [eventTime, written, created] = json as unknown[];
    if (isTime(eventTime) && Number.isSafeInteger(written) && isTime(created))
      return [new ServedRow(types, eventTime, { writtenAtUs: written as Us, json })];
  }
  const [first, ...pending] = unpackStoredRows(types, text).map(
    (row: StoredRow) => new ServedRow(types, row.eventTimeUs, row),
  );
  return [first as ServedRow, ...pending];
}

function isTime(json: unknown): json is Us | null {
  return json === null || Number.isSafeInteger(json);
}

function unreadable(cause: unknown): EdgefeatError {
  if (cause instanceof EdgefeatError && cause.code === "row_corrupt") return cause;
  return new EdgefeatError("row_corrupt", "a stored row is not readable", {
    hint: "materialize the view again",
    cause,
  });
}

/** The kinds whose packed form is the form of an answer, whatever the value, but for long integers, which are quoted there. */
const VERBATIM: ReadonlySet<ValueType["kind"]> = new Set(["bool", "int32", "int64", "float32", "float64"]);

/** Returns the segment of features `features` of a view, in that order; `whole` when it is all of an answer's row. */
export function segmentOf(
  types: readonly ValueType[],
  features: readonly number[],
  defaults: readonly (Value | null)[],
  whole = false,
): Segment {
  const own = features.map((feature) => types[feature] as ValueType);
  const consecutive = features.every((feature, i) => i === 0 || feature === (features[i - 1] as number) + 1);
  return {
    types: own,
    features,
    defaults,
    verbatim: consecutive && own.every(({ kind }) => VERBATIM.has(kind)),
    before: whole ? ",[" : "",
    after: whole ? "]" : "",
  };
}
