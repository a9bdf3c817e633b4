// A cursor that comes with a request, to go on filling a secondary, may be anything: what none of the store's is, is refused.
import { describe, expect, it } from "vitest";
import { createUpstashStore } from "../../../worker/store/upstash.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { upstash } from "../../support/provided.ts";

describe.skipIf(upstash === null)("a scan of Redis", () => {
  it.each(["", "x", "-1", "1 MATCH", "0x1", "\u0000", "9".repeat(30), "1\r\nFLUSHALL"])(
    "refuses the cursor %j",
    async (cursor) => {
      const store = createUpstashStore(upstash as NonNullable<typeof upstash>);
      const fault = await store.scan("feature:", cursor).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(EdgefeatError);
      expect((fault as EdgefeatError).code).toBe("bad_request");
    },
  );
});
