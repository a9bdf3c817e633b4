// A body that breaks off: told as what it is, and no fault of the server's.
import { expect, it } from "vitest";
import { MemoryStore } from "../../support/memory-store.ts";
import { harness, TOKEN } from "../support/harness.ts";

it.each([
  ["/v1/features", "100"],
  ["/v1/features", null],
  ["/v1/rows/last_flight", "100"],
  ["/v1/rows/last_flight", null],
])("%s, declared length %s", async (path, length) => {
  const h = harness(new MemoryStore());
  await h.apply();
  let sent = false;
  const body = new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new Error("the connection was lost"));
      else controller.enqueue(new TextEncoder().encode('{"features":'));
      sent = true;
    },
  });
  const headers = { authorization: `Bearer ${TOKEN}`, ...(length === null ? {} : { "content-length": length }) };
  const init = { method: "POST", headers, body, duplex: "half" };
  const response = await h.app.fetch(new Request(`http://edgefeat.test${path}`, init));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "bad_request", detail: "the body broke off before its end" });
  expect(h.internal).toEqual([]);
});
