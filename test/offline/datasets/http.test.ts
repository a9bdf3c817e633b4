// Files by HTTP: only the ranges that are needed, servers that know none, faults that pass and faults that don't.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type HttpHost, namesOf, openHttp, tableOf, urlOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { readSchema, readTable, writeTable } from "../../../offline/datasets/files.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { type ByteServer, startByteServer } from "./byte-server.ts";

let server: ByteServer;
beforeAll(async () => {
  server = await startByteServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.files.clear();
  server.log.length = 0;
  server.misbehaviours.length = 0;
  server.sent = 0;
});

const LARGE = Uint8Array.from({ length: 500_000 }, (_, i) => (i * 31) % 251);
const waits: number[] = [];
const host: HttpHost = {
  fetch: (url, init) => fetch(url, init),
  wait: async (ms) => void waits.push(ms),
  idleMs: 500,
};
const open = (path: string, more: Partial<HttpHost> = {}) => openHttp(new URL(path, server.url), { ...host, ...more });
/** toEqual takes seconds for as many bytes. */
const expectBytes = (bytes: Uint8Array, expected: Uint8Array) =>
  expect([bytes.length, Buffer.compare(bytes, expected)]).toEqual([expected.length, 0]);
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) =>
      error instanceof EdgefeatError ? `${error.code}: ${error.message} (${error.hint})` : `not ours: ${String(error)}`,
  );

describe("ranges", () => {
  it("are fetched as they are read, and small ones beside each other at once", async () => {
    server.files.set("/x", { bytes: LARGE, etag: '"1"' });
    const source = await open("/x?signature=secret");
    expect([source.name, source.sizeBytes]).toEqual([`${server.url}/x`, LARGE.length]);
    for (const [from, to] of [
      [0, 4],
      [499_990, 500_000],
      [480_000, 499_990],
      [100_000, 100_010],
      [100_010, 165_000],
      [200_000, 400_000],
    ] as const) {
      expectBytes(await source.read(from, to), LARGE.subarray(from, to));
    }
    expect(server.log).toEqual([
      "GET /x bytes=0-16383",
      "GET /x bytes=434464-499999",
      "GET /x bytes=100000-165535",
      "GET /x bytes=200000-399999",
    ]);
    expect(source.readBytes).toBe(server.sent);
  });

  it("give each reader bytes of its own", async () => {
    server.files.set("/x", { bytes: LARGE });
    const source = await open("/x");
    for (let i = 0; i < 2; i++) {
      const bytes = await source.read(0, 10);
      expect([...bytes]).toEqual([...LARGE.subarray(0, 10)]);
      structuredClone(bytes, { transfer: [bytes.buffer] });
    }
  });

  it.each([
    ["a server that knows none", { ranges: false }, ["GET /x bytes=0-16383"]],
    [
      "a server that doesn't tell the length",
      { hidesLength: true },
      ["GET /x bytes=0-16383", "HEAD /x", "GET /x bytes=0-499999", "HEAD /x"],
    ],
    ["any other", {}, ["GET /x bytes=0-16383", "GET /x bytes=0-499999"]],
  ])("%s: all is read", async (_, how, log) => {
    server.files.set("/x", { bytes: LARGE, ...how });
    const source = await open("/x");
    expect(source.sizeBytes).toBe(LARGE.length);
    expectBytes(await source.readAll(), LARGE);
    expectBytes(await source.read(300_000, 300_005), LARGE.subarray(300_000, 300_005));
    expect(server.log.slice(0, log.length)).toEqual(log);
  });

  it("of nothing, and of a small file, take one request", async () => {
    server.files.set("/empty", { bytes: new Uint8Array(0) });
    server.files.set("/small", { bytes: LARGE.subarray(0, 100) });
    expect((await open("/empty")).sizeBytes).toBe(0);
    const small = await open("/small");
    expectBytes(await small.read(90, 100), LARGE.subarray(90, 100));
    expectBytes(await small.readAll(), LARGE.subarray(0, 100));
    expect(server.log).toHaveLength(2);
  });
});

describe("faults that pass", () => {
  it("are waited for, longer each time", async () => {
    server.files.set("/x", { bytes: LARGE });
    waits.length = 0;
    server.misbehaviours.push(
      (_, response) => !!response.writeHead(503, { "retry-after": "2" }).end(),
      (_, response) => !!response.writeHead(429).end(),
      (request) => !!request.socket.destroy(),
    );
    expect((await open("/x")).sizeBytes).toBe(LARGE.length);
    expect(waits).toEqual([2000, 500, 1000]);
  });

  it("in the middle of a range: it goes on where it was cut off", async () => {
    server.files.set("/x", { bytes: LARGE, etag: '"1"' });
    const source = await open("/x");
    server.misbehaviours.push((_, response, file) => {
      response.writeHead(206, {
        "content-length": 400_000,
        "content-range": "bytes 0-499999/500000",
        etag: '"1"',
      });
      response.write(file?.bytes.subarray(0, 150_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    });
    expectBytes(await source.readAll(), LARGE);
    expect(server.log.at(-1)).toMatch(/^GET \/x bytes=(?!0-)\d+-499999$/);
  });

  it("silence is given up", async () => {
    server.files.set("/x", { bytes: LARGE });
    server.misbehaviours.push(() => true);
    expect((await open("/x")).sizeBytes).toBe(LARGE.length);
    expect(server.log).toHaveLength(2);
  });
});

describe("faults that don't", () => {
  it("four in a row are told with the last one", async () => {
    server.misbehaviours.push(
      ...Array.from(
        { length: 4 },
        () => (_: unknown, r: { writeHead(n: number): { end(): void } }) => (r.writeHead(500).end(), true),
      ),
    );
    expect(await faultOf(open("/x?key=secret"))).toMatch(
      /^file_unreadable: http:\/\/127\.0\.0\.1:\d+\/x can't be read, after 4 tries: the server answered 500/,
    );
  });
  it.each<[status: number, body: string, message: RegExp]>([
    [404, "", /^file_not_found: there is no http:.*\/x: the server answered 404/],
    [
      403,
      "<Error><Code>ExpiredToken</Code></Error>",
      /^file_unreadable: .*403 \(ExpiredToken\) \(check the credentials/,
    ],
    [405, "", /^file_unreadable: .*405/],
    [501, "", /^file_unreadable: .*501/],
  ])("%i", async (status, body, message) => {
    server.misbehaviours.push((_, response) => !!response.writeHead(status).end(body));
    const fault = await faultOf(open("/x?key=secret"));
    expect(fault).toMatch(message);
    expect(fault).not.toContain("secret");
    expect(server.log).toHaveLength(1);
  });
  it("an answer that nobody reads to its end is let go of, so that the process can end", async () => {
    const closed: Promise<unknown>[] = [];
    const endless = createServer((_, response) => {
      closed.push(once(response, "close"));
      response.writeHead(206, { "content-range": "bytes 5-9/10000000" });
      response.write("x".repeat(100_000));
    }).listen(0, "127.0.0.1");
    await once(endless, "listening");
    const url = new URL(`http://127.0.0.1:${(endless.address() as AddressInfo).port}/x`);
    expect(await faultOf(openHttp(url, host))).toContain("after 4 tries: the server sent another range");
    await Promise.all(closed);
    expect(closed).toHaveLength(4);
    endless.close();
  });

  it("a URL with a password, or that is none, is told without the password", async () => {
    const fault = await faultOf(openHttp(new URL("https://me:s3cret@host.invalid/x.csv?s=1"), host));
    expect(fault).toBe(
      "definition_invalid: https://host.invalid/x.csv can't be read: its URL has a user name or a password (take them out, and use a URL that is signed)",
    );
    expect(() => urlOf("https://a b/")).toThrow(expect.objectContaining({ code: "definition_invalid" }));
    expect(urlOf("https://a/b c").href).toBe("https://a/b%20c");
  });

  it("no server", async () => {
    const gone = await startByteServer();
    await gone.close();
    expect(await faultOf(openHttp(new URL("/x", gone.url), host))).toMatch(/ECONNREFUSED.*CORS/);
  });
  it("a file that changed, by its tag or its length", async () => {
    for (const changed of [
      { bytes: LARGE, etag: '"2"' },
      { bytes: LARGE.subarray(1), etag: '"1"' },
    ]) {
      server.files.set("/x", { bytes: LARGE, etag: '"1"' });
      const source = await open("/x");
      await source.read(200_000, 300_000);
      server.files.set("/x", changed);
      expect(await faultOf(source.read(100_000, 180_000))).toMatch(/^file_unreadable: .*\/x changed while it was read/);
    }
  });
  it("cancelling", async () => {
    const stopper = new AbortController();
    server.files.set("/x", { bytes: LARGE });
    server.misbehaviours.push(() => {
      stopper.abort();
      return true;
    });
    expect(await faultOf(open("/x", { signal: stopper.signal }))).toMatch(/^cancelled: cancelled while reading http/);
  });
});

describe("Parquet by HTTP", () => {
  const flights = join(import.meta.dirname, "../../../node_modules/vega-datasets/data/flights-3m.parquet");

  it("fetches the footer, then only the columns asked for", async () => {
    const bytes = await readFile(flights);
    server.files.set("/flights.parquet", { bytes, etag: '"f"' });
    const url = new URL("/flights.parquet?x=1", server.url);
    const { rows } = await readSchema(url, "parquet");
    expect(rows).toBe(3_000_000);
    expect(server.sent).toBeLessThan(200_000);
    server.sent = 0;
    const table = await readTable(url, "parquet", { columns: ["delay"] });
    expect([namesOf(table.schema), table.numRows]).toEqual([["delay"], 3_000_000]);
    expect(server.sent).toBeLessThan(bytes.length / 3);
    expect(server.log.length).toBeLessThan(40);
  });

  it("that changes in mid-read is an error, and the next file is read", async () => {
    const bytes = await readFile(flights);
    server.files.set("/flights.parquet", { bytes, etag: '"f"' });
    const url = new URL("/flights.parquet", server.url);
    server.misbehaviours.push(...Array.from({ length: 4 }, () => () => false), () => {
      server.files.set("/flights.parquet", { bytes, etag: '"g"' });
      return false;
    });
    expect(await faultOf(readTable(url, "parquet", { columns: ["delay"] }))).toMatch(/changed while it was read/);
    expect((await readSchema(url, "parquet")).rows).toBe(3_000_000);
  });

  it.each(["csv", "jsonl", "arrow", "parquet"] as const)("%s is read from a URL and from a blob", async (format) => {
    const table = tableOf([["n", vectorFromValues({ kind: "int64" }, [1n, null])]]);
    const bytes = await writeTable(table, format);
    server.files.set("/t", { bytes, ranges: false });
    const types = { n: { kind: "int64" } } as const;
    for (const input of [new URL("/t", server.url), new Blob([bytes as Uint8Array<ArrayBuffer>])]) {
      const back = await readTable(input, format, { types, columns: ["n"] });
      expect([...(back.getChildAt(0) ?? [])]).toEqual([1n, null]);
    }
  });

  it("a page in the place of a file is named", async () => {
    server.files.set("/t", { bytes: await readFile(join(import.meta.dirname, "http.test.ts")) });
    server.files.set("/page", { bytes: new TextEncoder().encode("<!doctype html><p>sign in") });
    expect(await faultOf(readTable(new URL("/page", server.url), "parquet"))).toMatch(/it is a web page/);
  });
});
