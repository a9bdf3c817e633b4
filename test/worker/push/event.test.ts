// An event's id as it comes in, whoever sends it: HTTP, a queue and Feast's frames are all read here (SEMANTICS 4.6).
import { describe, expect, it } from "vitest";
import { csv, entity, featureView, int32, int64, string, timestamp } from "../../../sdk/index.ts";
import { eventReader } from "../../../worker/push/event.ts";
import { writableView } from "../../../worker/write/row-shape.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const MOMENT = { nowUs: 0, maxSkewUs: 0 };
const user = entity("user", { joinKey: "user", type: string() });

function read(type: ReturnType<typeof string | typeof int64 | typeof int32>, id: unknown): string {
  const schema = { payment: type, at: timestamp(), user: string(), amount: int64() };
  const source = csv("payments", { path: "payments.csv", eventTime: "at", eventId: "payment", schema });
  const paid = featureView("paid", { entities: [user], source, push: true, features: { amount: int64() } });
  const { snapshot } = snapshotFrom({ paid });
  const reader = eventReader(snapshot, writableView(snapshot, "paid", 1));
  return reader({ id, time: "1970-01-01T00:00:00Z", values: { user: "a", amount: 1 } }, 3, ["events", 3], MOMENT).id;
}

describe("an event's id", () => {
  it.each([
    ["missing", undefined],
    ["null", null],
    ["empty", ""],
  ])("that is %s is none, whatever its type", (_what, id) => {
    for (const type of [string(), int64(), int32()]) {
      expect(() => read(type, id)).toThrow(
        expect.objectContaining({
          code: "bad_request",
          message: 'events[3].id: an event needs an id, its "payment"',
          hint: 'send what the source calls "payment": by it an event counts once',
          pointer: "/events/3/id",
        }),
      );
    }
  });

  it.each([
    ["a", "a"],
    [" ", " "],
    ["0", "0"],
    [0, "0"],
  ])("%j is one", (id, text) => {
    expect(read(string(), id)).toBe(text);
  });
});
