// Sends hostile requests to a world and holds every answer to the rules; the seed that replays a run is printed.
import fc from "fast-check";
import { expect } from "vitest";
import type { OpenApi } from "../../../worker/pages/openapi-document.ts";
import { pathOf } from "../../../worker/routing.ts";
import { OpenApiJudge } from "../support/openapi-judge.ts";
import { textOf } from "./json-tree.ts";
import { encoded, hostileRequests, type HostileRequest } from "./requests.ts";
import { bodiesOf } from "./seeds.ts";
import type { World } from "./world.ts";

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** fast-check's path to one request of the run. */
  readonly path: string | null;
  /** True where the platform complains of headers that are not ASCII. */
  readonly asciiHeaders?: boolean;
}

/** Generous: the machine may be busy. What loops, or backtracks without end, takes longer still. */
const MAX_MS = 15_000;
/** The other project is looked at after so many requests, and at the end. */
const LOOK_EVERY = 250;
/** What these were told in words of the teller's own, they tell those who may see the view: names that are hidden from them, maybe. */
const FREE_WORDS = new Set(["postMaterializationsView", "postJobsJob"]);
/** Whose requests get beyond the question of who they are: two in three are theirs. */
const OFTEN = Array.from({ length: 8 }, () => ["root", "root", "admin"]).flat();

/** What code says of itself; no message of ours does. */
const INTERNAL =
  /\.ts:\d|\.js:\d|node_modules|\bat (?:async )?[\w.<>]+ \(|TypeError|RangeError|SyntaxError|ReferenceError|Maximum call stack|Cannot read prop|is not a function|is not iterable|\[object Object\]|ECONNREFUSED|WRONGTYPE|ERR /;

/** Runs the requests and returns how many were answered with each status. */
export async function fuzz(world: World, options: FuzzOptions): Promise<ReadonlyMap<number, number>> {
  const { requests, seed, path, asciiHeaders = false } = options;
  const { app, callers } = world;
  const document = (await app.send("GET", "/openapi.json")).json as OpenApi;
  const judge = new OpenApiJudge(document);
  const before = await world.otherRows();
  expect(before.size).toBeGreaterThan(3);
  const statuses = new Map<number, number>();
  const spoken: string[] = [];
  let sent = 0;
  const names = [...Object.keys(callers), "viewReader", "viewWriter", ...OFTEN];
  const property = fc.asyncProperty(hostileRequests(document, bodiesOf(app.project), names), async (made) => {
    const request = asciiHeaders ? { ...made, headers: ascii(made.headers) } : made;
    const status = await check(world, judge, request, spoken);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    // A registry that was replaced would leave nothing to aim at.
    if (status < 300 && request.operationId === "putRegistry") await app.apply();
    if (++sent % LOOK_EVERY === 0) expect(await world.otherRows()).toEqual(before);
    if (sent % LOOK_EVERY === 0) app.clock.advance(1_000);
  });
  await fc.assert(property, { numRuns: requests, seed, endOnFailure: true, ...(path === null ? {} : { path }) });
  expect(await world.otherRows()).toEqual(before);
  return statuses;
}

async function check(world: World, judge: OpenApiJudge, hostile: HostileRequest, spoken: string[]): Promise<number> {
  const { app, callers, secrets, hiddenValue, hiddenNames } = world;
  const request = requestOf(hostile, callers[hostile.caller]);
  if (request === null) return 0;
  app.store.writes.length = 0;
  app.store.reads.length = 0;
  app.background.length = 0;
  app.logged.length = 0;
  const fromMs = performance.now();
  const response = await within(
    app.app.fetch(request, undefined, { waitUntil: (work) => void app.background.push(work) }),
  );
  const text = await within(response.text());
  const { status, headers } = response;
  const where = `${hostile.method} ${hostile.target.slice(0, 300)} by ${hostile.caller} → ${status} ${text.slice(0, 500)}`;
  expect(performance.now() - fromMs, where).toBeLessThan(MAX_MS);
  expect(app.internal, where).toEqual([]);
  // 501 says that it takes a runner.
  expect(status < 500 || status === 501, where).toBe(true);
  const fault = judge.fault({ method: hostile.method, path: pathOf(request), status, headers, text });
  expect(fault, where).toBeNull();

  const words = hostile.body === undefined ? "" : textOf(hostile.body);
  const said = text + JSON.stringify([...headers]);
  const echoed = `${hostile.target} ${JSON.stringify(hostile.headers)}`;
  expect(INTERNAL.exec(said)?.[0] ?? null, where).toBeNull();
  for (const secret of secrets)
    expect(said.includes(secret) && !echoed.includes(secret), `${secret} in ${where}`).toBe(false);
  const unknown = Object.hasOwn(hiddenNames, hostile.caller) ? hiddenNames[hostile.caller] : undefined;
  if (unknown !== undefined) {
    expect(said.includes(hiddenValue), where).toBe(false);
    const asked = [echoed, words, ...spoken].join(" ");
    // What a caller names may come back to it.
    for (const name of unknown)
      expect(new RegExp(`\\b${name}\\b`).test(said) && !asked.includes(name), `${name} in ${where}`).toBe(false);
  }
  if (status < 300 && FREE_WORDS.has(hostile.operationId)) {
    const names = Object.values(hiddenNames).flat();
    if (names.some((name) => words.includes(name))) spoken.push(words);
  }
  // An answer repeats what is wrong, but no megabytes of it.
  if (status >= 400) expect(text.length, where).toBeLessThan(20_000);

  const written = app.store.writes.flat().filter(({ key }) => !key.startsWith("audit:"));
  const space = `:${app.project}:test`;
  for (const { key } of app.store.writes.flat())
    expect(key.includes(`${space}:`) || key.endsWith(space), key).toBe(true);
  if (status >= 400)
    expect(
      written.map(({ key }) => key),
      `refused, but written: ${where}`,
    ).toEqual([]);
  const writable = Object.hasOwn(world.writable, hostile.caller) ? world.writable[hostile.caller] : undefined;
  if (writable !== undefined) for (const { key } of written) expect(writable?.test(key), where).toBe(true);
  if (status < 300 && hostile.operationId === "postRowsView") {
    const view = decodeURIComponent(pathOf(request).split("/").at(-1) as string);
    for (const { key } of written) expect(key, where).toMatch(new RegExp(`:${view}@\\d+$`));
  }
  await Promise.allSettled(app.background);
  return status;
}

function ascii(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace(/[^ -~]/g, "?")]));
}

/** Returns null for what no HTTP client can send. */
function requestOf(hostile: HostileRequest, authorization: string | undefined): Request | null {
  const { method, target, headers } = hostile;
  const body = encoded(hostile);
  try {
    const sent = new Headers({ ...body.headers, ...headers });
    if (authorization !== undefined) sent.set("authorization", authorization);
    const hasBody = body.bytes !== undefined && !["GET", "HEAD"].includes(method);
    const init = hasBody ? { body: body.bytes as Uint8Array<ArrayBuffer> } : {};
    // The length that is declared is the one that is sent: HTTP itself sees to that.
    if (sent.has("content-length") && hasBody && body.headers["content-length"] !== undefined)
      sent.set("content-length", body.headers["content-length"]);
    return new Request(`http://edgefeat.test${target}`, { method, headers: sent, ...init });
  } catch {
    return null;
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: unknown;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${MAX_MS} ms`)), MAX_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer as number);
  }
}
