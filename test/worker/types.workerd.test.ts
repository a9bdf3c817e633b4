// Every type through HTTP, packed row and store, and back, unchanged to the bit (SEMANTICS 6).
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  compareValues,
  parseJson,
  type Value,
  valueFromJson,
  valueToJson,
  type ValueType,
} from "../../sdk/types/index.ts";
import { stores } from "../support/workerd-stores.ts";
import { everything } from "./support/definitions.ts";
import { type Harness, harness, NOW } from "./support/harness.ts";

const TYPES = Object.fromEntries(Object.entries(everything.fields ?? {}).map(([name, { type }]) => [name, type]));
const NAMES = Object.keys(TYPES);

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\u0000", "null", "é😀", "\u2028", "__proto__", "NaN"),
);
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 0n),
);
const double = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 5e-324, 1.7976931348623157e308, Number.NaN, Infinity, -Infinity, 0.1),
);
const float = fc.oneof(fc.float(), fc.constantFrom(-0, Math.fround(0.1), 1.401298464324817e-45, Number.NaN, Infinity));

function valueOf(type: ValueType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "int32":
      return fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1));
    case "int64":
      return int64;
    case "timestamp":
      return fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
    case "float32":
      return float;
    case "float64":
      return double;
    case "string":
      return text;
    case "bytes":
      return fc.uint8Array();
    case "decimal":
      return fc
        .bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n })
        .map((n) => valueFromJson(type, decimal(n, type.scale), "decimal"));
    case "list":
      return fc.array(valueOf(type.of), { maxLength: 4 });
    case "vector":
      return fc
        .array(float, { minLength: type.dimension, maxLength: type.dimension })
        .map((values) => Float32Array.from(values));
  }
}

function decimal(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const row = fc.record(
  Object.fromEntries(NAMES.map((name) => [name, fc.option(valueOf(TYPES[name] as ValueType), { freq: 8 })])),
);

describe.each(stores)("every type over %s", (_, makeStore) => {
  let h: Harness;
  let next = 0n;
  beforeAll(async () => {
    h = harness(makeStore());
    await h.apply();
  });

  it("comes back as it was sent, by ids of 64 bits", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
        const ids = rows.map(() => 2n ** 62n + next++);
        const bodies = rows.map((values, i) => {
          const members = NAMES.map(
            (name) => `"${name}":${valueToJson(TYPES[name] as ValueType, values[name] as Value | null)}`,
          );
          return `{"entities":{"user_id":${ids[i]}},"eventTime":"${NOW}","values":{${members.join(",")}}}`;
        });
        const written = await h.send("POST", "/v1/rows/everything", `{"rows":[${bodies.join(",")}]}`);
        expect(written.json).toMatchObject({ written: rows.length });
        const features = JSON.stringify(NAMES.map((name) => `everything:${name}`));
        const ask = `{"features":${features},"entities":{"user_id":[${ids.join(",")}]}}`;
        // Once from the store and once from memory.
        for (const _time of [1, 2]) {
          const answer = await h.send("POST", "/v1/features", ask);
          const { rows: got } = parseJson(answer.text) as { rows: unknown[][] };
          for (const [i, values] of rows.entries()) {
            for (const [f, name] of NAMES.entries()) {
              const type = TYPES[name] as ValueType;
              const json = got[i]?.[f];
              const back = json === null ? null : valueFromJson(type, json, name);
              expect(compareValues(type, back, values[name] as Value | null), `${name}: ${answer.text}`).toBe(0);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("int64 beyond 2^53 is exact as an id, as a value and as text of the answer", async () => {
    const id = "9007199254740993";
    const values = `{${NAMES.map((name) => `"${name}":${name === "an_int64" ? "9223372036854775807" : "null"}`).join(",")}}`;
    await h.send(
      "POST",
      "/v1/rows/everything",
      `{"rows":[{"entities":{"user_id":${id}},"eventTime":"${NOW}","values":${values}}]}`,
    );
    const posted = await h.send(
      "POST",
      "/v1/features",
      `{"features":["everything:an_int64"],"entities":{"user_id":[${id},9007199254740992]}}`,
    );
    expect(posted.text).toContain('"rows":[[9223372036854775807],[null]]');
    const got = await h.send("GET", `/v1/features?features=everything:an_int64&user_id=${id}`);
    expect(got.text).toContain('"rows":[[9223372036854775807]]');
  });
});
