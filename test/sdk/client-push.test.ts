// client.push: the answers of several requests as one.
import { createClient } from "edgefeat/client";
import { expect, it } from "vitest";
import { fakeTiming, scriptedServer } from "./client-fakes.ts";

it("adds up what each request tells of, what other versions missed by version", async () => {
  const why = { code: "missing_value", message: "events[0].values: …" };
  const server = scriptedServer(({ body }) => {
    const events = JSON.parse(body as string) as unknown[];
    return Response.json({
      accepted: events.length - 1,
      duplicate: 1,
      deferred: 0,
      rejected: [],
      logged: true,
      version: 3,
      missed: [1, 2].map((version) => ({ version, events: events.length, ...why })),
    });
  });
  const client = createClient({ url: "http://x", fetch: server.fetch, timing: fakeTiming() });
  const events = Array.from({ length: 1_500 }, (_, i) => ({ id: `e${i}`, values: {} }));
  expect(await client.push("v", events)).toEqual({
    accepted: 1_498,
    duplicate: 2,
    deferred: 0,
    rejected: [],
    logged: true,
    missed: [1, 2].map((version) => ({ version, events: 1_500, ...why })),
  });
});
