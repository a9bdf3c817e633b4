// What an input was expected to be: told in words, of the first fault, and never by more than is of use.
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { checkShape, pointerOf } from "../../sdk/shape.ts";
import { faultOf } from "../support/faults.ts";

const check = (schema: z.ZodMiniType, input: unknown) =>
  faultOf(() => checkShape(schema, input, "request", "bad_request"));

describe("messages", () => {
  const kinds = z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("a") }),
    z.strictObject({ kind: z.literal("b"), n: z.number() }),
  ]);
  it.each<[string, z.ZodMiniType, unknown, string, string]>([
    ["another type", z.strictObject({ a: z.string() }), { a: 1 }, "request: a: expected string, got number", "/a"],
    ["nothing", z.strictObject({ a: z.string() }), {}, "request: a: expected string, got nothing", "/a"],
    ["null", z.string(), null, "request: expected string, got null", ""],
    ["a list", z.string(), [], "request: expected string, got array", ""],
    ["a fraction", z.int(), 1.5, "request: expected int, got number", ""],
    ["no choice", z.enum(["a", "b"]), "c", 'request: expected "a" or "b"', ""],
    ["another literal", z.literal(1), 2, "request: expected 1", ""],
    ["too little", z.number().check(z.gte(1)), 0, "request: expected at least 1", ""],
    ["not more", z.number().check(z.gt(1)), 1, "request: expected more than 1", ""],
    ["too much", z.number().check(z.lte(1)), 2, "request: expected at most 1", ""],
    ["not less", z.number().check(z.lt(1)), 1, "request: expected less than 1", ""],
    ["too short", z.string().check(z.minLength(2)), "a", "request: expected at least 2 characters", ""],
    ["too long", z.array(z.string()).check(z.maxLength(1)), ["a", "b"], "request: expected at most 1 elements", ""],
    ["another form", z.string().check(z.regex(/^a$/)), "b", "request: expected text like /^a$/", ""],
    ["an unknown member", z.strictObject({}), { b: 1 }, 'request: there is no member "b"', ""],
    [
      "a key that is none",
      z.record(z.string().check(z.regex(/^a$/)), z.number()),
      { b: 1 },
      "request: b: not a name",
      "/b",
    ],
    ["an unknown kind", kinds, { kind: "c" }, 'request: kind: expected "a" or "b"', "/kind"],
    ["a fault of one kind", kinds, { kind: "b", n: "" }, "request: n: expected number, got string", "/n"],
    [
      "neither",
      z.union([z.string(), z.strictObject({ a: z.int() })]),
      { a: "" },
      "request: a: expected number, got string",
      "/a",
    ],
    ["our own words", z.string().check(z.refine(() => false, "expected better")), "", "request: expected better", ""],
  ])("%s", (_what, schema, input, message, pointer) => {
    const fault = check(schema, input);
    expect([fault.message, fault.pointer]).toEqual([message, pointer]);
  });

  it("repeat no value", () => {
    const secret = "s3cret";
    for (const schema of [z.number(), z.enum(["a"]), z.literal("a"), z.string().check(z.regex(/^a$/), z.maxLength(1))])
      expect(JSON.stringify(check(schema, secret))).not.toContain(secret);
  });
});

describe("much that is wrong", () => {
  const issuesOf = (fault: { details: unknown }) => (fault.details as { issues: unknown[] }).issues;
  it("is told of 20 times at most", () => {
    expect(
      issuesOf(
        check(
          z.array(z.string()),
          Array.from({ length: 9_000 }, () => 1),
        ),
      ),
    ).toHaveLength(20);
  });

  it("of unknown members names five, and not all of a long name", () => {
    const members = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}`.repeat(1_000), 1]));
    const { message } = check(z.strictObject({}), members);
    expect(message).toMatch(/^request: there is no member (?:"\d{100}", ){4}"\d{100}", nor 35 more$/);
  });

  it.each<[string, z.ZodMiniType, unknown, string]>([
    ["a list", z.strictObject({ a: z.array(z.string()) }), { a: Array.from({ length: 10_001 }, () => 1) }, "/a"],
    [
      "an optional list",
      z.strictObject({ a: z.nullish(z.array(z.int())) }),
      { a: Array.from({ length: 10_001 }) },
      "/a",
    ],
    ["a list in one of several shapes", z.union([z.string(), z.array(z.int())]), Array.from({ length: 10_001 }), ""],
    ["members of any name", z.record(z.string(), z.int()), numbered(10_001), ""],
    ["unknown members", z.strictObject({}), numbered(10_001), ""],
    ["members beyond the known", z.catchall(z.object({}), z.int()), numbered(10_001), ""],
    ["a list in a list", z.array(z.array(z.int())), [[], Array.from({ length: 10_001 })], "/1"],
  ])("%s of more than 10,000 is not looked at", (_what, schema, input, pointer) => {
    const fault = check(schema, input);
    expect([fault.code, fault.pointer]).toEqual(["request_too_large", pointer]);
  });

  it("but a list that may hold anything is", () => {
    const rows = Array.from({ length: 50_000 }, () => 1);
    expect(checkShape(z.strictObject({ rows: z.array(z.unknown()) }), { rows }, "request", "bad_request")).toEqual({
      rows,
    });
  });

  it("and more faults than zod can tell are one", () => {
    const lists = Array.from({ length: 30 }, () => Array.from({ length: 10_000 }, () => ""));
    const { code, message } = check(z.strictObject({ lists: z.array(z.array(z.int())) }), { lists });
    expect([code, message]).toEqual(["bad_request", "request: more of it is wrong than can be told"]);
  });
});

function numbered(n: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i]));
}

it("a pointer ends before a name that is too long to be one", () => {
  expect(pointerOf(["a", "b/c~d", 0])).toBe("/a/b~1c~0d/0");
  expect(pointerOf(["a", "x".repeat(201), "b"])).toBe("/a");
});
