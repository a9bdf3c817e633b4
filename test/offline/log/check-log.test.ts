// A log with a file of an hour that is gone or damaged: who reads it is told which and what to do, `checkLog` without reading.
import { beforeEach, describe, expect, it } from "vitest";
import { checkLog } from "../../../offline/log/check-log.ts";
import { compactLog } from "../../../offline/log/compact.ts";
import { readManifest, writeManifest } from "../../../offline/log/manifest.ts";
import type { LogFiles } from "../../../offline/log/port.ts";
import { readLog, type SourceLog } from "../../../offline/log/read-log.ts";
import { datasets } from "../../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { US_PER_HOUR } from "../../../sdk/time.ts";
import { appendTo, memoryLogFiles, type MemoryLogFiles, random, record } from "../../support/log-files.ts";

const FOLDER = "p/dev/s";
const HOUR = "1970-01-01T01:00:00Z";
let files: MemoryLogFiles;
let log: SourceLog;
const logIn = (place: LogFiles): SourceLog => ({ files: place, folder: FOLDER, source: "s", datasets });
const compact = () => compactLog(log, { sealedUs: 10 * US_PER_HOUR, random });
const fileOf = (hour: string) =>
  [...files.contents.keys()].find((path) => path.startsWith(`${FOLDER}/hours/${hour}-`)) as string;

async function readIds(place: LogFiles = files): Promise<(string | null)[]> {
  let ids: (string | null)[] = [];
  await readLog(logIn(place), {}, { restart: () => (ids = []), add: ({ id }) => void ids.push(id) });
  return ids;
}

interface WrittenHour {
  bytes?: number | undefined;
  sha256?: string | undefined;
}

/** Writes the last manifest anew, each hour as `of` makes it; null: left out. */
async function rewrite(of: (entry: WrittenHour, hour: string) => WrittenHour | null): Promise<void> {
  const path = [...files.contents.keys()].find((one) => one.includes("/manifests/")) as string;
  const manifest = JSON.parse(new TextDecoder().decode(files.contents.get(path)));
  const hours = Object.entries<WrittenHour>(manifest.hours).flatMap(([hour, entry]) => {
    const other = of(entry, hour);
    return other === null ? [] : [[hour, other]];
  });
  files.contents.set(path, new TextEncoder().encode(JSON.stringify({ ...manifest, hours: Object.fromEntries(hours) })));
}

beforeEach(async () => {
  files = memoryLogFiles();
  log = logIn(files);
  await appendTo(files, [record("a", 1), record("b", US_PER_HOUR + 1), record("c", US_PER_HOUR + 2)]);
  await compact();
});

const cut = (bytes: Uint8Array) => bytes.slice(0, 100);
const sameLength = (bytes: Uint8Array) => bytes.map((byte, i) => (i < 4 ? byte : 0));
const oneBit = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte));
const notOurs = () => {
  const table = tableOf([["id", vectorFromValues({ kind: "string" }, ["x"])]]);
  return datasets.writeTable(table, "parquet");
};
const badCells = () => {
  const text = (values: string[]) => vectorFromValues({ kind: "string" }, values);
  const times = vectorFromValues({ kind: "timestamp" }, [0n]);
  const columns = ["event_time", "created_time", "written_at"].map((name) => [name, times] as const);
  const texts = ["event_id", "pushes", "values"].map((name) => [name, text(["{"])] as const);
  return datasets.writeTable(tableOf([...columns, ...texts]), "parquet");
};
type Damage = (bytes: Uint8Array) => Uint8Array | null | Promise<Uint8Array>;

describe.each<[what: string, damage: Damage, reason: RegExp, seen: boolean]>([
  ["is gone", () => null, /^it is missing$/, true],
  ["is empty", () => new Uint8Array(), /^it is empty$/, true],
  ["was cut off", cut, /^it has 100 bytes, and was written with \d+$/, true],
  ["was written over", sameLength, /^it was changed since it was written$/, false],
  ["has one bit that is another", oneBit, /^it was changed since it was written$/, false],
])("a log whose file of an hour %s", (_what, damage, reason, seen) => {
  beforeEach(async () => {
    const path = fileOf("1970-01-01T01");
    const bytes = await damage(files.contents.get(path) as Uint8Array);
    if (bytes === null) files.contents.delete(path);
    else files.contents.set(path, bytes);
  });

  it("is not read, with the file, what was in it and the mend", async () => {
    const fault = await readIds().catch((cause: unknown) => cause);
    expect(fault).toMatchObject({
      code: "file_unreadable",
      details: { file: fileOrGone(), hour: HOUR, events: 2, reason: expect.stringMatching(reason) },
      hint: expect.stringContaining(`take "${HOUR}" out of "hours" in ${FOLDER}/manifests/manifest-0000000001.json`),
    });
    expect((fault as Error).message).toContain(`memory: ${FOLDER}/hours/1970-01-01T01-1-`);
    expect((fault as Error).message).toContain(`with 2 events of the hour from ${HOUR} on`);
  });

  it(seen ? "is noticed without reading" : "is not noticed without reading", async () => {
    const unopened = logIn({
      ...files,
      read: async (path) => (path.endsWith(".json") ? files.read(path) : fail(path)),
    });
    const { unreadable, manifest } = await checkLog(unopened);
    expect(manifest.hours.size).toBe(2);
    expect(unreadable.map(({ details }) => details?.["hour"])).toEqual(seen ? [HOUR] : []);
  });

  it("is compacted where other hours are concerned, and refuses to where this one is", async () => {
    await appendTo(files, [record("d", 2)]);
    expect(await compact()).toMatchObject({ segments: 1 });
    await appendTo(files, [record("e", US_PER_HOUR + 3)]);
    await expect(compact()).rejects.toMatchObject({ code: "file_unreadable", details: { hour: HOUR } });
  });

  it("goes on without the hour, as the hint says", async () => {
    await rewrite((entry, hour) => (hour === HOUR ? null : entry));
    expect(await readIds()).toEqual(["a"]);
    await appendTo(files, [record("b", US_PER_HOUR + 1)]);
    await compact();
    expect(await readIds()).toEqual(["a", "b"]);
    expect((await checkLog(log)).unreadable).toEqual([]);
  });

  const fileOrGone = () => expect.stringMatching(/^hours\/1970-01-01T01-1-[0-9a-f]{16}\.parquet$/);
});

it.each([
  ["columns are others", notOurs, /no column "event_id"/],
  ["cells are none of ours", badCells, /not valid JSON/],
])("a file whose %s is an error that names it too", async (_what, make, reason) => {
  const bytes = await make();
  files.contents.set(fileOf("1970-01-01T01"), bytes);
  await rewrite((entry) => ({ ...entry, bytes: undefined, sha256: undefined }));
  await expect(readIds()).rejects.toMatchObject({
    code: "file_unreadable",
    details: { hour: HOUR, reason: expect.stringMatching(reason) },
  });
});

it("a manifest that older versions wrote knows no lengths or digests: files are looked for, and read", async () => {
  await rewrite((entry) => ({ ...entry, bytes: undefined, sha256: undefined }));
  expect((await checkLog(log)).unreadable).toEqual([]);
  expect(await readIds()).toEqual(["a", "b", "c"]);
  files.contents.delete(fileOf("1970-01-01T01"));
  expect((await checkLog(log)).unreadable).toHaveLength(1);
});

/** As a compaction does that goes on from the last manifest: the hour's file under another name, in a manifest of its own. */
async function replaceFile(): Promise<void> {
  const { generation, hours, ...manifest } = await readManifest(files, FOLDER);
  const path = fileOf("1970-01-01T01");
  const renamed = path.replace("-1-", "-2-");
  files.contents.set(renamed, files.contents.get(path) as Uint8Array);
  const entry = hours.get(US_PER_HOUR) as NonNullable<ReturnType<typeof hours.get>>;
  const next = new Map(hours).set(US_PER_HOUR, { ...entry, file: renamed.slice(`${FOLDER}/hours/`.length) });
  await writeManifest(files, FOLDER, { ...manifest, generation: generation + 1, hours: next });
  files.contents.delete(path);
}

it.each<[what: string, read: (place: LogFiles) => Promise<unknown>, expected: unknown]>([
  ["looked over", async (place) => (await checkLog(logIn(place))).unreadable, []],
  ["read", (place) => readIds(place), ["a", "b", "c"]],
])(
  "a file that goes while the log is %s, because a newer manifest stands, is none that is missing",
  async (_, read, expected) => {
    let isDone = false;
    const once = async () => {
      if (isDone) return;
      isDone = true;
      await replaceFile();
    };
    const slow: LogFiles = {
      ...files,
      sizes: (folder) => once().then(() => files.sizes(folder)),
      read: async (path) => {
        if (path.includes("/hours/")) await once();
        return files.read(path);
      },
    };
    expect(await read(slow)).toEqual(expected);
    expect(isDone).toBe(true);
  },
);

function fail(path: string): never {
  throw new Error(`${path} was read`);
}
