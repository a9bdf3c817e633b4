// What a file holds: its columns and their types, and how many rows, from as little of it as tells.
import type { Table } from "apache-arrow";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { parseTimeExact } from "../../../sdk/time.ts";
import { typeName, type Value } from "../../../sdk/types/index.ts";
import { columnReader, formatOf } from "../../datasets/index.ts";
import { blobOf, openDatasets } from "./host.ts";
import type { DataInput, FileColumn, FileFacts } from "./protocol.ts";

const SAMPLE_BYTES = 256 * 1024;

/** Returns a file's facts. @throws file_format_unknown, file_unreadable, duplicate_column and others, naming the file */
export async function inspect(input: DataInput): Promise<FileFacts> {
  const { name } = input;
  const format = formatOf(name);
  const blob = await blobOf(input);
  if (blob.size === 0) {
    throw new EdgefeatError("file_unreadable", `${name} is empty`, { hint: "choose the file that has the rows" });
  }
  const datasets = await openDatasets();
  if (format === "csv") return guessed(await datasets.readTable(await head(blob), "csv", { name }));
  const { columns, rows, metadata } = await datasets.readSchema(blob, format, { name });
  return {
    columns: columns.map(({ name: column, type }) => ({ name: column, type: type === null ? null : typeName(type) })),
    rows,
    guessed: false,
    metadata: Object.fromEntries(metadata),
  };
}

/** The first lines, whole. */
async function head(blob: Blob): Promise<Uint8Array> {
  const bytes = new Uint8Array(await blob.slice(0, SAMPLE_BYTES).arrayBuffer());
  if (blob.size <= SAMPLE_BYTES) return bytes;
  const end = bytes.lastIndexOf(0x0a);
  return end < 0 ? bytes : bytes.subarray(0, end + 1);
}

function guessed(table: Table): FileFacts {
  const columns = table.schema.fields.map(({ name }, i): FileColumn => {
    const read = columnReader(table.getChildAt(i) as never, { kind: "string" }, { column: name });
    const texts: Value[] = [];
    for (let row = 0; row < Math.min(table.numRows, 1_000); row++) {
      const value = read(row);
      if (value !== null) texts.push(value);
    }
    return { name, type: guessType(texts as string[]) };
  });
  return { columns, rows: null, guessed: true, metadata: {} };
}

const GUESSES: readonly [type: string, fits: (text: string) => boolean][] = [
  ["int64", (text) => /^-?(0|[1-9]\d{0,17})$/.test(text)],
  ["float64", (text) => /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)],
  ["bool", (text) => text === "true" || text === "false"],
  ["timestamp", isTime],
];

/** Returns the narrowest type that all texts have; string where there are none. */
function guessType(texts: readonly string[]): string {
  if (texts.length === 0) return "string";
  return GUESSES.find(([, fits]) => texts.every(fits))?.[0] ?? "string";
}

function isTime(text: string): boolean {
  try {
    parseTimeExact(text, { zoneless: "utc" });
    return true;
  } catch {
    return false;
  }
}
