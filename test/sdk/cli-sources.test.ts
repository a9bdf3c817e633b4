// `edgefeat historical` on every kind of source: JSON lines, partition folders, a URL, an object store.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { readTableFile, writeTable, writeTableFile } from "../../offline/datasets/files.ts";
import { parseTimeExact } from "../../sdk/time.ts";
import { type ByteServer, startByteServer } from "../offline/datasets/byte-server.ts";
import { type S3Server, startS3Server } from "../offline/datasets/s3-server.ts";
import { edgefeat, folderWith } from "./cli-harness.ts";

const KEYS = { accessKeyId: "AKID", secretAccessKey: "se/cr+et", region: "eu-west-1" };
const AWS = {
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  AWS_REGION: KEYS.region,
};

let web: ByteServer;
let store: S3Server;
beforeAll(async () => {
  web = await startByteServer();
  store = await startS3Server(KEYS);
});
afterAll(() => Promise.all([web.close(), store.close()]));

/** An hour's payments: each hour of 2001-03-01 and 02, and what hour it was. */
const HOURS = Array.from({ length: 48 }, (_, h) => new Date(Date.UTC(2001, 2, 1, h)).toISOString().slice(0, 13));
const partOf = (hour: string) =>
  tableOf([
    ["user_id", vectorFromValues({ kind: "int64" }, [1n, 2n ** 53n + 1n])],
    [
      "at",
      vectorFromValues(
        { kind: "timestamp" },
        [0, 59].map((m) => parseTimeExact(`${hour}:${String(m).padStart(2, "0")}:00Z`)),
      ),
    ],
    ["amount", vectorFromValues({ kind: "float64" }, [Number(hour.slice(11)), 0.5])],
    ["unused", vectorFromValues({ kind: "string" }, ["x".repeat(1000), "y"])],
  ]);

const repoOf = (source: string) => ({
  "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "pay", definitions: "./features.ts" });
`,
  "features.ts": `import { arrow, csv, entity, featureView, float64, int64, jsonl, parquet, string } from "edgefeat";
const user = entity("user", { joinKey: "user_id", type: int64() });
export const last = featureView("last", {
  entities: [user],
  source: ${source},
  ttl: "3h",
  features: { amount: float64(), shard: int64() },
});
`,
  "entities.jsonl": `{"user_id":1,"event_timestamp":"2001-03-02T05:30:00Z","label":true}
{"user_id":9007199254740993,"event_timestamp":"2001-03-02T06:30:00Z"}

{"user_id":null,"event_timestamp":"2001-03-02T06:30:00Z","label":"x"}
`,
});

const PARTITIONS = `partitions: { date: "event day", hour: "event hour", shard: "value" }`;
const folderOf = (hour: string) =>
  `date=${hour.slice(0, 10)}/hour=${hour.slice(11)}/shard=${Number(hour.slice(11)) % 3}`;
const historical = (cwd: string, out: string, env: Record<string, string> = {}) =>
  edgefeat(
    ["historical", "--entities", "entities.jsonl", "--features", "last:amount,last:shard", "--out", out, "--json"],
    { cwd, env },
  );

const EXPECTED = [
  { user_id: 1, event_timestamp: "2001-03-02T05:30:00Z", label: "true", amount: 5, shard: 2 },
  { user_id: 9007199254740993n, event_timestamp: "2001-03-02T06:30:00Z", label: null, amount: 0.5, shard: 2 },
  { user_id: null, event_timestamp: "2001-03-02T06:30:00Z", label: "x", amount: null, shard: null },
]
  .map(
    (row) =>
      `{${Object.entries(row)
        .map(([name, value]) => `"${name}":${typeof value === "bigint" ? String(value) : JSON.stringify(value)}`)
        .join(",")}}\n`,
  )
  .join("");

test("partition folders: files of other times are not read, and the columns that folders tell are", async () => {
  const home = folderWith(repoOf(`parquet("payments", { path: "data/", eventTime: "at", ${PARTITIONS} })`));
  for (const hour of HOURS) await writeTableFile(join(home, "data", folderOf(hour), "part-0.parquet"), partOf(hour));
  const run = await historical(home, "out.jsonl");
  expect(run.code, run.stderr).toBe(0);
  expect(readFileSync(join(home, "out.jsonl"), "utf8")).toBe(EXPECTED);
  const { payments } = run.json().reads;
  // Of 02:30, the earlier row's time less the TTL, to 06:30.
  expect(payments).toMatchObject({ files: 5, filesSkipped: 43 });
  expect(payments.bytesSkipped).toBeGreaterThan(payments.bytes * 5);
  expect(run.stderr).toContain("skipped 43 files");

  const drifted = partOf("2001-03-02T04").select(["user_id", "at", "unused"]);
  await writeTableFile(join(home, "data", folderOf("2001-03-02T04"), "part-1.parquet"), drifted);
  const refused = await historical(home, "out.jsonl");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/data\/date=2001-03-02\/hour=04\/shard=1\/part-1\.parquet has no column "amount"/);
});

test("JSON lines, in a pattern's files", async () => {
  const home = folderWith({
    ...repoOf(`jsonl("payments", { path: "data/**/*.jsonl", eventTime: "at" })`),
    "data/a/1.jsonl": `{"user_id":1,"at":"2001-03-02T05:00:00Z","amount":5,"shard":2}\n`,
    "data/b/2.jsonl": `{"user_id":9007199254740993,"at":"2001-03-02T05:59:00Z","shard":2,"amount":0.5}\n`,
    "data/_SUCCESS": "",
  });
  const run = await historical(home, "out.jsonl");
  expect(run.code, run.stderr).toBe(0);
  expect(readFileSync(join(home, "out.jsonl"), "utf8")).toBe(EXPECTED);
});

test("a URL, of which only the columns that are needed are fetched", async () => {
  const parts = HOURS.map(partOf);
  const shard = vectorFromValues(
    { kind: "int64" },
    Array.from({ length: 96 }, () => 2n),
  );
  const whole = (parts[0] as (typeof parts)[0]).concat(...parts.slice(1));
  const noise = Array.from({ length: 96 }, (_, i) =>
    Array.from({ length: 2000 }, (_x, j) => String.fromCharCode(33 + ((i * 7919 + j * j * 31) % 90))).join(""),
  );
  const table = tableOf([
    ...["user_id", "at", "amount"].map((name) => [name, whole.getChild(name)] as const),
    ["noise", vectorFromValues({ kind: "string" }, noise)],
    ["shard", shard],
  ] as never);
  const bytes = await writeTable(table, "parquet");
  web.files.set("/payments.parquet", { bytes, etag: '"1"' });
  const home = folderWith(
    repoOf(`parquet("payments", { path: "${web.url}/payments.parquet?signature=s3cret", eventTime: "at" })`),
  );
  const run = await historical(home, "out.parquet");
  expect(run.code, run.stderr).toBe(0);
  expect((await readTableFile(join(home, "out.parquet"))).numRows).toBe(3);
  expect(run.json().reads.payments).toMatchObject({ files: 1, filesSkipped: 0 });
  web.files.delete("/payments.parquet");
  const gone = await historical(home, "out.parquet");
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("/payments.parquet: the server answered 404")]);
  expect(gone.stderr).not.toContain("s3cret");
});

test("an object store, with its keys from the environment, and partitions skipped unread", async () => {
  for (const hour of HOURS) {
    store.objects.set(`lake/pay/${folderOf(hour)}/part-0.parquet`, await writeTable(partOf(hour), "parquet"));
  }
  const s3 = `s3: { endpoint: "${store.url}" }`;
  const home = folderWith(
    repoOf(`parquet("payments", { path: "s3://lake/pay/", eventTime: "at", ${s3}, ${PARTITIONS} })`),
  );
  const run = await historical(home, "out.jsonl", AWS);
  expect(run.code, run.stderr).toBe(0);
  expect(readFileSync(join(home, "out.jsonl"), "utf8")).toBe(EXPECTED);
  expect(run.json().reads.payments).toMatchObject({ files: 5, filesSkipped: 43 });
  const read = new Set(store.log.filter((line) => line.startsWith("GET")).map((line) => line.split(" ")[1]));
  // Those of the times asked for, and the last one, which told the columns.
  expect(read.size).toBe(6);

  const keyless = await historical(home, "out.jsonl", { ...AWS, AWS_SECRET_ACCESS_KEY: "" });
  expect([keyless.code, keyless.stderr]).toEqual([1, expect.stringContaining("AWS_SECRET_ACCESS_KEY is not set")]);
  const wrong = await historical(home, "out.jsonl", { ...AWS, AWS_SECRET_ACCESS_KEY: "other" });
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("SignatureDoesNotMatch")]);
});
