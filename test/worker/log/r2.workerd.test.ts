// The event log in an R2 bucket, inside workerd.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openEventLog } from "../../../worker/log/open.ts";
import { putToR2 } from "../../../worker/log/segments.ts";
import { eventLogConformance } from "../../conformance/event-log.ts";

eventLogConformance("an R2 bucket", async () => ({
  put: putToR2(env.BUCKET),
  async contents() {
    const found = new Map<string, string>();
    for (const { key } of (await env.BUCKET.list()).objects)
      found.set(key, (await (await env.BUCKET.get(key))?.text()) ?? "");
    return found;
  },
}));

describe("the binding LOG", () => {
  const space = { project: "bound", environment: "dev" };
  const record = {
    source: "s",
    view: "v",
    id: "1",
    eventTimeUs: 1,
    createdTimeUs: null,
    writtenAtUs: 1,
    deferred: false,
    valuesJson: "{}",
  };

  it("is known for a bucket by its shape", async () => {
    await openEventLog(env.BUCKET, space, (bytes) => new Uint8Array(bytes)).append([record]);
    expect((await env.BUCKET.list({ prefix: "bound/" })).objects.map(({ key }) => key)).toEqual([
      "bound/dev/s/segments/0000000000000001-1-0000000000000000.jsonl",
    ]);
  });

  it("fails as log_unavailable where the bucket does", async () => {
    // A key may have 1,024 bytes.
    const log = openEventLog(
      env.BUCKET,
      { ...space, environment: "e".repeat(2_000) },
      (bytes) => new Uint8Array(bytes),
    );
    await expect(log.append([record])).rejects.toMatchObject({ code: "log_unavailable" });
  });
});
