// What a body may be declared as, for every route that takes one: a page of another origin can't send any of it unasked.
import { describe, expect, it } from "vitest";
import { durableObjectStore } from "../../support/workerd-stores.ts";
import { harness, NO_HEADER } from "../support/harness.ts";

const ROUTES = [
  ["POST", "/v1/features"],
  ["POST", "/get-online-features"],
  ["POST", "/v1/rows/last_flight"],
  ["POST", "/v1/materializations/last_flight"],
  ["PUT", "/v1/registry"],
  ["PUT", "/v1/transforms/mine"],
  ["POST", "/v1/tokens"],
  ["POST", "/v1/tokens/0123456789abcdef/rotate"],
] as const;
const GZIPPED = new Uint8Array([0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00]);

describe.each(ROUTES)("%s %s", (method, path) => {
  it.each([
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "application/jsonp",
    "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1",
    "application/octet-stream",
    "",
  ])("refuses a body declared as %j", async (type) => {
    const answer = await harness(durableObjectStore()).send(method, path, {}, { "content-type": type });
    expect(answer.status, answer.text).toBe(415);
  });

  it.each(["application/json", "application/json;charset=UTF-8", 'application/json; charset="utf-8"', NO_HEADER])(
    "takes one declared as %j",
    async (type) => {
      const answer = await harness(durableObjectStore()).send(method, path, {}, { "content-type": type });
      expect(answer.status, answer.text).not.toBe(415);
    },
  );

  it.each([
    ["cross-site", 415],
    ["same-site", 415],
    ["same-origin", null],
    ["none", null],
  ])("one without a type, of a page that is %s: %s", async (site, refused) => {
    const headers = { "content-type": NO_HEADER, "sec-fetch-site": site };
    const answer = await harness(durableObjectStore()).send(method, path, {}, headers);
    if (refused === null) expect(answer.status, answer.text).not.toBe(415);
    else expect(answer.status, answer.text).toBe(415);
    const declared = await harness(durableObjectStore()).send(method, path, {}, { "sec-fetch-site": site });
    expect(declared.status).not.toBe(415);
  });

  it("says that a packed body should not be", async () => {
    for (const length of [{}, { "content-length": NO_HEADER }]) {
      const answer = await harness(durableObjectStore()).send(method, path, GZIPPED, {
        "content-encoding": "gzip",
        ...length,
      });
      expect([answer.status, answer.text.includes("gzip")]).toEqual([415, true]);
    }
  });

  it("is not fooled by a length that is none", async () => {
    const body = `{"x":"${"y".repeat(4_100_000)}"}`;
    for (const length of ["-1", "x", "1e1", "0x10"]) {
      const answer = await harness(durableObjectStore()).send(method, path, body, { "content-length": length });
      expect([length, answer.status]).toEqual([length, 413]);
    }
  });
});
