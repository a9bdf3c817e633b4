// What a file's first bytes say it is, so that a mislabelled one is named for what it is, with the mend.

export interface Sniffed {
  /** "a Parquet file", "compressed with gzip". */
  readonly what: string;
  readonly mend: string;
}

const RENAME = "give it the ending of what it is, or define its source as that";

/** Ends a magic that letters spell: in a text more text would follow. */
const BINARY = "[^\\t\\r\\n -~]";

/** By how a file starts, as text or an expression; the first that fits. */
const HEADS: readonly (readonly [head: string | RegExp, what: string, mend: string])[] = [
  ["\x1f\x8b", "compressed with gzip", "decompress it (gunzip); only CSV and JSON lines are read as .gz"],
  ["\x28\xb5\x2f\xfd", "compressed with zstd", "decompress it (zstd -d)"],
  [/^BZh\d/, "compressed with bzip2", "decompress it (bunzip2)"],
  ["\x04\x22\x4d\x18", "compressed with LZ4", "decompress it (lz4 -d)"],
  ["PK\x03\x04", "a zip archive or a spreadsheet", "unpack it; save a spreadsheet as CSV"],
  [new RegExp(`^PAR1${BINARY}`), "a Parquet file", RENAME],
  [new RegExp(`^PARE${BINARY}`), "an encrypted Parquet file", "write it without encryption: no keys are taken"],
  [new RegExp(`^ARROW1${BINARY}`), "an Arrow IPC file", RENAME],
  ["FEA1", "a file of Feather version 1, which came before Arrow files", "write it as Feather version 2 or Parquet"],
  ["Obj\x01", "an Avro file", "convert it to Parquet"],
  [new RegExp(`^ORC${BINARY}`), "an ORC file", "convert it to Parquet"],
  ["SQLite format 3", "an SQLite database", "export the table as CSV or Parquet"],
  ["version https://git-lfs", "a pointer of Git LFS, not the file", "fetch the file itself: git lfs pull"],
  [/^\s*<(!doctype|html|head|body)/i, "a web page", "such as a sign-in or an error: fetch the file itself"],
  [/^\s*<\?xml/, "XML", "such as an error of an object store: fetch the file itself"],
  [/^(?:\xff\xfe|\xfe\xff)/, "text in UTF-16", "save it as UTF-8"],
];

/** Returns what the bytes are, or null where nothing is known of them. Only the first 64 are looked at. */
export function sniff(bytes: Uint8Array): Sniffed | null {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  const known = HEADS.find(([start]) => (typeof start === "string" ? head.startsWith(start) : start.test(head)));
  if (known !== undefined) return { what: known[1], mend: known[2] };
  if (/^\s*[{[]/.test(head)) return { what: "JSON", mend: RENAME };
  if (/^[\t\n\r\x20-\x7e\x80-\xff]{2,}$/.test(head)) return { what: "text, perhaps CSV", mend: RENAME };
  return null;
}

/** True for bytes that start as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export const EMPTY: Sniffed = {
  what: "empty: 0 bytes",
  mend: "an export or a download that failed leaves such a file: make it again, or take it away",
};
