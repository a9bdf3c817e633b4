// `edgefeat push` and the client's push, against a server that keeps a log: files of every form, what is refused, what comes again.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createClient } from "edgefeat/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { edgefeat, folderWith } from "./cli-harness.ts";

const NOW = "2001-03-04T00:00:00Z";
const cwd = folderWith({
  "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "pushed", definitions: "./features.ts", offline: { log: "./log" } });
`,
  "features.ts": `import { count, csv, entity, featureView, float64, int64, string, sum, timestamp } from "edgefeat";
const user = entity("user", { joinKey: "user_id", type: int64() });
const payments = csv("payments", { path: "data/payments.csv", eventTime: "at", eventId: "payment",
  schema: { payment: int64(), user_id: int64(), at: timestamp(), amount: float64(), due: timestamp(), shop: string() } });
export const spent = featureView("spent", { entities: [user], source: payments, push: true,
  aggregations: { payments_1d: count("1d"), spent_1d: sum("amount", "1d") } });
export const lastPayment = featureView("last_payment", { entities: [user], source: payments, push: true,
  features: { amount: float64(), due: timestamp() } });
export const slow = featureView("slow", { entities: [user], source: payments, aggregations: { n: count("1d") } });
`,
  "data/payments.csv": "payment,user_id,at,amount,due,shop\n1,1,2001-03-01T10:00:00Z,10,2001-04-01T00:00:00Z,books\n",
  "day.csv": `payment,user_id,at,amount,due,shop,note
4,1,2001-03-03T23:30:00Z,2.5,,books,not of the source
3,1,2001-03-03T22:00:00Z,1.5,2001-04-02T00:00:00.5Z,"food, fresh",
2,9007199254740993,2001-03-03T12:00:00Z,7,,,
`,
  "bad.csv": `payment,user_id,at,amount,due,shop
5,1,2001-03-03T23:00:00Z,1,,
4,1,2001-03-03T23:30:00Z,3,,
6,,2001-03-03T23:00:00Z,1,,
7,1,2001-03-05T00:00:00Z,1,,
`,
  "rows.jsonl": `{"payment":8,"user_id":1,"at":"2001-03-03T23:31:00Z","amount":1,"due":null,"shop":null}
`,
  "events.jsonl": `{"id":9,"time":"2001-03-03T23:32:00Z","values":{"user_id":1,"amount":0.25}}
{"id":"10","time":"2001-03-03T23:33:00Z","values":{"user_id":1,"amount":0.25}}
`,
  "cells.csv": `payment,user_id,at,amount,due,shop,note

11,2,2001-03-03T23:41:00Z,1,,,
12,2,yesterday,1,,,
13,2,2001-03-03T23:40:00Z,much,never,,
14,,2001-03-03T23:39:00Z,1,,,any
,2,2001-03-03T23:38:00Z,1,,,
15,2,2001-03-03T23:37:00Z,1,,"two
lines",
16,2.5,2001-03-03T23:36:00Z,1,,,
`,
  "cells.jsonl": `{"payment":17,"user_id":2,"at":"2001-03-03T23:42:00Z","amount":"1"}

{"payment":18,"user_id":2,"at":"2001-03-03T23:42:00Z","amount":1}
`,
  "lines.jsonl": `{"id":21,"time":"2001-03-03T23:46:00Z","values":{"user_id":2,"amount":1}}

{"id":22,"time":"2001-03-03T23:45:00Z","values":{"user_id":2,"amount":"1"}}
{"id":23,"time":"2001-03-03T23:45:00Z","values":{"user_id":2,"amount":1}
{"id":24,"time":"2001-03-03T23:45:00Z"}
7
{"id":25,"tiem":"2001-03-03T23:45:00Z","values":{"user_id":2,"amount":1}}
{"id":26,"time":"2001-03-03T22:44:59Z","values":{"user_id":2,"amount":1}}
`,
  "torn.jsonl.gz": "no archive",
  "short.csv": "payment,at,amount\n1,2001-03-03T23:31:00Z,1\n",
});
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  server = await startServer({ repo: cwd, nowUs: Date.parse(NOW) * 1000 });
  for (const args of [["apply"], ["materialize", "2001-01-01T00:00:00Z", NOW]]) {
    const { code, stderr } = await edgefeat(args, { cwd });
    if (code !== 0) throw new Error(stderr);
  }
});
afterAll(() => server.close());

const push = async (...args: string[]) => {
  const run = await edgefeat(["push", ...args, "--json"], { cwd });
  return { ...run, answer: run.stdout === "" ? null : run.json() };
};
const online = async (features: string, user: string) => {
  const { json } = await edgefeat(["online", "--features", features, "--entity", `user_id=${user}`, "--json"], { cwd });
  return json().rows[0];
};

test("a CSV's rows are events of the source, sent in the order of time, and count at once and only once", async () => {
  expect((await push("spent", "day.csv")).answer).toMatchObject({
    view: "spent",
    events: 3,
    accepted: 3,
    rejected: [],
  });
  expect(await online("spent:payments_1d,spent:spent_1d", "1")).toEqual({ payments_1d: 2, spent_1d: 4 });
  expect(await online("spent:payments_1d,spent:spent_1d", "9007199254740993")).toEqual({ payments_1d: 1, spent_1d: 7 });
  // The one at 22:00 is by now an hour and a half behind the newest.
  expect((await push("spent", "day.csv")).answer).toMatchObject({ accepted: 0, duplicate: 2, deferred: 1 });
  expect(await online("spent:payments_1d,spent:spent_1d", "1")).toEqual({ payments_1d: 2, spent_1d: 4 });
});

test("into a stored view, whose rows they are", async () => {
  expect((await push("last_payment", "day.csv")).answer).toMatchObject({ events: 3, accepted: 3 });
  expect(await online("last_payment:amount,last_payment:due", "1")).toEqual({ amount: 2.5, due: null });
});

test("what is refused is told by the file's row, the others are taken, and the exit code is 1", async () => {
  const { code, answer } = await push("spent", "bad.csv");
  expect(code).toBe(1);
  expect(answer).toMatchObject({
    accepted: 1,
    rejected: [
      { row: 2, code: "event_conflict" },
      { row: 3, code: "missing_entity_key" },
      { row: 4, code: "event_time_in_future" },
    ],
  });
  const { stderr } = await edgefeat(["push", "spent", "bad.csv"], { cwd });
  expect(stderr).toContain("row 2: event_conflict");
});

test("JSON lines are rows of the source, or events as the server takes them", async () => {
  expect((await push("spent", "rows.jsonl")).answer).toMatchObject({ accepted: 1, rejected: [] });
  expect((await push("spent", "events.jsonl")).answer).toMatchObject({ accepted: 2, rejected: [] });
  expect((await push("spent", "events.jsonl")).answer).toMatchObject({ duplicate: 2, rejected: [] });
});

const refusedOf = ({ answer }: Awaited<ReturnType<typeof push>>) =>
  answer.rejected.map(({ row, code, message }: any) => `row ${row}: ${code}: ${message}`);

test("rows that can't be read are refused as the others are, all by the data row, from 1; what is of a line says so", async () => {
  const run = await push("spent", "cells.csv");
  expect([run.code, run.answer.events, run.answer.accepted]).toEqual([1, 7, 2]);
  expect(refusedOf(run)).toEqual([
    'row 2: bad_time: line 4, column "at": "yesterday" is not an RFC 3339 time',
    'row 3: type_mismatch: line 5, column "amount": expected float64, got "much"; column "due": "never" is not an RFC 3339 time',
    'row 4: missing_entity_key: values: the join key "user_id" is missing or null',
    'row 5: bad_request: id: an event needs an id, its "payment"',
    'row 7: type_mismatch: line 10, column "user_id": expected int64, got "2.5"',
  ]);
  expect(run.stderr).not.toContain("--on-bad-rows");
  expect(refusedOf(await push("spent", "cells.jsonl"))).toEqual([
    'row 1: type_mismatch: line 1, column "amount": expected float64, got "1"',
  ]);
});

test("events of JSON lines too, sent in the order of their times, gzipped or not", async () => {
  writeFileSync(join(cwd, "lines.jsonl.gz"), gzipSync(readFileSync(join(cwd, "lines.jsonl"))));
  const run = await push("spent", "lines.jsonl");
  // Sent in the file's order, the last would be deferred: it is more than an hour behind the first.
  expect(run.answer).toMatchObject({ events: 7, accepted: 2, deferred: 0 });
  const refused = [
    'row 2: type_mismatch: values.amount: expected float64, got "1"',
    "row 3: malformed_json: line 4: it is not JSON from character 73 on: Expected ',' or '}' after property value",
    "row 4: bad_request: line 5: the event: values: expected object, got nothing",
    "row 5: bad_request: line 6: the event: expected object, got number",
    'row 6: bad_request: line 7: the event: there is no member "tiem"',
  ];
  expect(refusedOf(run)).toEqual(refused);
  expect(refusedOf(await push("spent", "lines.jsonl.gz"))).toEqual(refused);
});

test.each([
  [["nowhere", "day.csv"], 1, "unknown_view"],
  [["slow", "day.csv"], 1, "bad_request"],
  [["spent", "none.csv"], 1, "file_not_found"],
  [["spent", "short.csv"], 1, "missing_column"],
  [["spent", "torn.jsonl.gz"], 1, "file_unreadable"],
  [["spent", "day.csv", "--to", "there"], 2, "bad_request"],
  [["spent"], 2, "bad_request"],
])("push %j ends with %i, %s", async (args, code, reason) => {
  const run = await edgefeat(["push", ...args, "--json"], { cwd });
  expect([run.code, run.json().code ?? run.json().error?.code]).toEqual([code, reason]);
});

test("the client pushes dates and long integers, cut into requests, and tells places over all of them", async () => {
  const client = createClient({ url: server.url, token: server.token });
  const events = Array.from({ length: 1_500 }, (_, i) => ({
    id: 100_000n + BigInt(i),
    time: new Date(Date.parse(NOW) - 60_000),
    values: { user_id: 77n, amount: i === 1_234 ? "no number" : 1 },
  }));
  const done: number[] = [];
  const answer = await client.push("spent", events, { onProgress: (n) => done.push(n) });
  expect(answer).toMatchObject({ accepted: 1_499, duplicate: 0, rejected: [{ index: 1_234, code: "type_mismatch" }] });
  expect(done).toEqual([1_000, 1_500]);
  expect(await client.push("spent", [])).toMatchObject({ accepted: 0, rejected: [] });
  const { rows } = await client.getFeatures({ features: ["spent:payments_1d"], entities: { user_id: 77n } });
  expect(rows).toEqual([{ payments_1d: 1_499 }]);
  await expect(client.push("nowhere", [])).rejects.toMatchObject({ code: "unknown_view" });
  await expect(client.push("spent", events, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "cancelled",
  });
});

test("what was taken is in the log, by source", () => {
  const folder = join(cwd, "log");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"));
  const ids = new Set(lines.map((line) => JSON.parse(line).id));
  for (const id of ["2", "3", "4", "5", "8", "9", "10", "100000"]) expect(ids).toContain(id);
  expect(ids).not.toContain("6");
});
