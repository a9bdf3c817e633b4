// Object stores: signed requests that an independent check accepts, listings of several pages, patterns, faults.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AwsClient } from "aws4fetch";
import { openHttp } from "../../../offline/datasets/index.ts";
import { listObjects, openObject, parseListing, type S3Connection, s3Path } from "../../../offline/datasets/s3.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { type S3Server, startS3Server } from "./s3-server.ts";

const KEYS = { accessKeyId: "AKID", secretAccessKey: "se/cr+et", region: "eu-west-1", sessionToken: "to/ken==" };
let server: S3Server;
let connection: S3Connection;
beforeAll(async () => {
  server = await startS3Server(KEYS);
  connection = {
    ...KEYS,
    endpoint: `${server.url}/`,
    http: { fetch: (url, init) => fetch(url, init), wait: async () => {} },
    now: () => new Date(),
  };
});
afterAll(() => server.close());
beforeEach(() => {
  server.objects.clear();
  server.log.length = 0;
});

const text = (value: string) => new TextEncoder().encode(value);
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) =>
      error instanceof EdgefeatError ? `${error.code}: ${error.message}` : `not ours: ${String(error)}`,
  );

describe("objects", () => {
  it.each(["plain.csv", "date=2001-03-31/part 0+é.parquet", "a(b)!'*~&$@,;:?#%20.csv", "//double/"])(
    "%s is read with a signature that the store accepts",
    async (key) => {
      const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
      server.objects.set(`data/${key}`, bytes);
      const source = await openObject(connection, "data", key);
      expect([source.name, source.sizeBytes]).toEqual([`s3://data/${key}`, bytes.length]);
      expect([...(await source.read(150_000, 150_003))]).toEqual([...bytes.subarray(150_000, 150_003)]);
      expect(server.log).toEqual([`GET data/${key} 0-16383`, `GET data/${key} 134464-199999`]);
    },
  );

  it.each<[what: string, change: Partial<S3Connection>, message: RegExp]>([
    ["another secret", { secretAccessKey: "other" }, /^file_unreadable: s3:\/\/data\/x.*403 \(SignatureDoesNotMatch\)/],
    ["another key", { accessKeyId: "other" }, /403 \(InvalidAccessKeyId\)/],
    ["another region", { region: "us-east-1" }, /403 \(AuthorizationHeaderMalformed\)/],
    ["no session token", { sessionToken: undefined }, /403 \(InvalidToken\)/],
    ["a wrong clock", { now: () => new Date("2001-03-31") }, /403 \(RequestTimeTooSkewed\)/],
  ])("%s is refused, and no secret is told", async (_, change, message) => {
    server.objects.set("data/x", text("x"));
    const fault = await faultOf(openObject({ ...connection, ...change }, "data", "x"));
    expect(fault).toMatch(message);
    expect(fault).not.toMatch(/se\/cr|to\/ken/);
  });

  it("that aren't there are not found", async () => {
    expect(await faultOf(openObject(connection, "data", "none"))).toBe(
      "file_not_found: there is no s3://data/none: the server answered 404 (NoSuchKey)",
    );
  });
});

describe("listings", () => {
  it("of a folder or a pattern, over several pages, without what writers leave beside the data", async () => {
    for (const key of [
      "d/date=2001-03-31/b c.csv",
      "d/date=2001-03-30/a+b.csv",
      "d/date=2001-03-30/x.parquet",
      "d/_SUCCESS",
      "d/empty/",
      "dd/other.csv",
      "é/<&>.csv",
    ]) {
      server.objects.set(`data/${key}`, text(key));
    }
    const keys = async (path: string) => (await listObjects(connection, "data", path)).map((object) => object.key);
    expect(await keys("d/")).toEqual([
      "d/date=2001-03-30/a+b.csv",
      "d/date=2001-03-30/x.parquet",
      "d/date=2001-03-31/b c.csv",
    ]);
    expect(server.log).toEqual(["LIST data/d/", "LIST data/d/", "LIST data/d/"]);
    expect(await keys("d*/**/*.csv")).toEqual([
      "d/date=2001-03-30/a+b.csv",
      "d/date=2001-03-31/b c.csv",
      "dd/other.csv",
    ]);
    expect(await keys("é/")).toEqual(["é/<&>.csv"]);
    expect((await listObjects(connection, "data", "é/"))[0]).toMatchObject({ sizeBytes: 10, etag: '"9"' });
  });

  it("of a bucket that isn't there", async () => {
    server.objects.set("data/x", text("x"));
    expect(await faultOf(listObjects(connection, "other", "d/"))).toMatch(/^file_not_found: .*NoSuchBucket/);
  });

  it("that are something else are refused", () => {
    expect(() => parseListing("<html></html>", "s3://data/")).toThrow("no listing");
    // The older listing goes on by a marker: its first page would pass for all there is.
    const older = "<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>a</NextMarker></ListBucketResult>";
    expect(() => parseListing(older, "s3://data/")).toThrow("s3://data/ can't be listed: the answer does not say how");
    expect(
      parseListing("<ListBucketResult><Contents><Key>a&amp;&#x62;+%20</Key></Contents></ListBucketResult>", "x"),
    ).toEqual({
      objects: [{ key: "a&b+%20", sizeBytes: 0, etag: "" }],
      next: undefined,
    });
  });
});

it("a URL that was signed beforehand needs no keys", async () => {
  const client = new AwsClient({ ...KEYS, service: "s3" });
  const { url } = await client.sign(`${server.url}/data/x`, { aws: { signQuery: true } });
  const asked: (string | null)[] = [];
  const http = {
    fetch: async (to: string, init: RequestInit) => {
      asked.push(to, new Headers(init.headers).get("authorization"));
      return new Response("x", { status: 206, headers: { "content-range": "bytes 0-0/1" } });
    },
  };
  const source = await openHttp(new URL(url), http);
  expect(asked).toEqual([url, null]);
  expect(source.name).toBe(`${server.url}/data/x`);
});

it.each<[path: string, place: object | null]>([
  ["s3://data/a/b.parquet", { bucket: "data", key: "a/b.parquet" }],
  ["s3://my.bucket-1/x=1/", { bucket: "my.bucket-1", key: "x=1/" }],
  ["s3://data", null],
  ["s3:///x", null],
  ["s3://Bucket/x", null],
])("the place of %s", (path, place) => {
  if (place === null) expect(() => s3Path(path)).toThrow(expect.objectContaining({ code: "definition_invalid" }));
  else expect(s3Path(path)).toEqual(place);
});
