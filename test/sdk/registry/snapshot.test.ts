// The snapshot as data: checked whole, named by its content (SEMANTICS 7.3).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  checkSnapshot,
  defaultValue,
  emptySnapshot,
  markMaterialized,
  planApply,
  type Snapshot,
  snapshotHash,
  viewVersion,
} from "../../../sdk/registry/index.ts";
import { defaultText } from "../../../sdk/registry/snapshot.ts";
import { typeName } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { bitsOf, valuesOf, valueTypes } from "../../support/values.ts";
import { compile, define } from "./define.ts";

const full = markMaterialized(
  planApply(
    emptySnapshot("shop", "dev"),
    compile(
      define({
        profileMeta: { owner: "o", description: "d", tags: { t: "1" }, freshness: "1h", schedule: "0 * * * *" },
        inputs: (spend) => [spend.withName("other").withJoinKeyMap({ user_id: "friend" })],
        entityDescription: "who",
        serviceMeta: { description: "d", tags: { t: "1" } },
      }),
    ),
  ).snapshot,
  "spend",
  1,
);
const text = JSON.stringify(full);

describe("7.3 a snapshot", () => {
  it("goes through JSON unchanged, and keeps its hash", () => {
    expect(checkSnapshot(JSON.parse(text))).toStrictEqual(full);
    expect(snapshotHash(checkSnapshot(JSON.parse(text)))).toBe(snapshotHash(full));
    expect(snapshotHash(checkSnapshot(JSON.parse(canonicalJson(full))))).toBe(snapshotHash(full));
    expect(snapshotHash(full)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("an empty one is one", () => {
    const empty = emptySnapshot("p", "e");
    expect(checkSnapshot(JSON.parse(JSON.stringify(empty)))).toEqual(empty);
    expect(snapshotHash(empty)).not.toBe(snapshotHash(emptySnapshot("p", "f")));
  });

  const risk = "/views/risk/versions/1/spec";
  const profile = "/views/profile/versions/1/spec";
  const spend = "/views/spend/versions/1/spec";
  const REMOVED = Symbol("removed");
  it.each<[pointer: string, value: unknown, at?: string]>([
    ["/format", 2],
    ["/format", "1"],
    ["/project", 1],
    ["/environment", REMOVED],
    ["/views", REMOVED],
    ["/views", []],
    ["/more", 1, ""],
    ["/entities/user", null],
    ["/entities/user/joinKeys", []],
    ["/entities/user/joinKeys/0/type", "int63"],
    ["/entities/user/joinKeys/0/name", "user id"],
    ["/entities/user/more", 1, "/entities/user"],
    ["/entities/1st", { joinKeys: [{ name: "a", type: "int64" }] }],
    ["/entities/toString", { joinKeys: [{ name: "a", type: "int64" }] }],
    ["/entities/__proto__", { joinKeys: [{ name: "a", type: "int64" }] }],
    ["/entities/user/tags", { __proto: 1 }, "/entities/user/tags/__proto"],
    ["/views/__proto__", full.views["profile"]],
    ["/views/constructor", full.views["profile"]],
    ["/views/profile/latest", 2, "/views/profile"],
    ["/views/profile/active", 2, "/views/profile"],
    ["/views/profile/active", 0],
    ["/views/profile/latest", 1.5],
    ["/views/profile/versions/0", full.views["profile"]?.versions["1"]],
    ["/views/profile/versions/x", full.views["profile"]?.versions["1"]],
    ["/views/profile/versions/01", full.views["profile"]?.versions["1"]],
    ["/views/profile/versions/1/materialized", "true"],
    ["/views/profile/versions/1/fingerprint", REMOVED],
    [`${profile}/kind`, "streaming"],
    [`${profile}/kind`, "aggregated", `${profile}/columns`],
    [`${profile}/entities`, ["user id"], `${profile}/entities/0`],
    [`${profile}/joinKeys`, ["user_id"], `${profile}/joinKeys/0`],
    [`${profile}/select`, "FROM events"],
    [`${profile}/select`, { sql: "", columns: null }, `${profile}/select/sql`],
    [`${profile}/select`, { sql: "FROM events" }, `${profile}/select/columns`],
    [`${profile}/ttlUs`, -1],
    [`${profile}/ttlUs`, 0.5],
    [`${profile}/ttlUs`, 2 ** 53],
    [`${profile}/features`, []],
    [`${profile}/features/0/type`, "text"],
    [`${profile}/features/0/name`, "__proto__"],
    [`${profile}/features/0/default`, 0],
    [`${profile}/features/0/more`, 1, `${profile}/features/0`],
    [`${profile}/source/format`, "orc"],
    [`${profile}/source/eventTime`, REMOVED],
    [`${profile}/source/schema/0/type`, "date"],
    [`${profile}/owner`, 1],
    [`${profile}/tags`, { t: 1 }, `${profile}/tags/t`],
    [`${spend}/features/0/fn`, "median"],
    [`${spend}/features/0/hopUs`, 0],
    [`${spend}/features/0/windowUs`, -1],
    [`${spend}/features/0/tumbling`, false],
    [`${spend}/features/0/lastN`, 0],
    [`${spend}/features/0/lastN`, 1_001],
    [`${spend}/features/0/k`, 1.5],
    [`${spend}/features/0/q`, 1.5],
    [`${spend}/columns/0/type`, "any"],
    [`${risk}/inputs/0/version`, 0],
    [`${risk}/inputs/0/as`, ""],
    [`${risk}/inputs/0/joinKeyMap`, { user_id: 1 }, `${risk}/inputs/0/joinKeyMap/user_id`],
    [`${risk}/inputs/0/joinKeyMap/__proto__`, "x"],
    [`${risk}/features/0/expression`, REMOVED],
    [`${risk}/codeHash`, REMOVED],
    ["/services/model/features", []],
    ["/services/model/features/0/features", "all"],
    ["/services/a-b", full.services["model"]],
  ])("%s of %j is refused", (pointer, value, at = pointer) => {
    const json = JSON.parse(text) as Record<string, unknown>;
    const path = pointer.slice(1).split("/");
    const holder = path.slice(0, -1).reduce<any>((o, key) => o[key], json);
    if (value === REMOVED) Reflect.deleteProperty(holder, path.at(-1) as string);
    else
      Object.defineProperty(holder, path.at(-1) as string, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    const fault = faultOf(() => checkSnapshot(json));
    expect(fault.code).toBe("registry_invalid");
    expect(fault.pointer).toBe(at);
  });

  it.each(["null", "[]", '"x"', "{}", '{"format":1}', `{"format":1,"project":${"[".repeat(5000)}${"]".repeat(5000)}}`])(
    "%s is none",
    (json) => {
      expect(faultOf(() => checkSnapshot(JSON.parse(json))).code).toBe("registry_invalid");
    },
  );

  it("columns of files may be called anything", () => {
    const json = JSON.parse(text);
    const { spec } = json.views.spend.versions["1"];
    spec.columns[0].name = "amount in $ (net)";
    spec.source.schema[0].name = "1st";
    expect(checkSnapshot(json)).toEqual(json);
  });

  it("never changes what it lets through", () => {
    const leaf = fc.constantFrom<unknown>(null, 0, 1, "", "x", "int64", [], {}, true);
    const paths = pathsIn(JSON.parse(text));
    fc.assert(
      fc.property(fc.constantFrom(...paths), leaf, (path, value) => {
        const json = JSON.parse(text);
        path.slice(0, -1).reduce((o, key) => o[key], json)[path.at(-1) as string] = value;
        let checked: Snapshot;
        try {
          checked = checkSnapshot(json);
        } catch (error) {
          expect(error).toMatchObject({ name: "EdgefeatError", code: "registry_invalid" });
          return;
        }
        expect(checked).toStrictEqual(json);
      }),
      { numRuns: 1000 },
    );
  });
});

function pathsIn(json: unknown, path: string[] = []): string[][] {
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => [[...path, key], ...pathsIn(value, [...path, key])]);
}

describe("7.2 a version", () => {
  it("is found by its number", () => {
    const entry = full.views["spend"] as NonNullable<Snapshot["views"][string]>;
    expect(viewVersion("spend", entry, 1)).toBe(entry.versions["1"]);
    for (const version of [0, 2, 1.5, Number.NaN]) {
      const fault = faultOf(() => viewVersion("spend", entry, version));
      expect(fault.code).toBe("unknown_version");
      expect(fault.message).toContain("spend");
      expect(fault.hint).toBe("it has 1");
    }
  });
});

describe("2.4 a default", () => {
  it.each(valueTypes.map((type) => [typeName(type), type] as const))("of %s survives the snapshot", (name, type) => {
    fc.assert(
      fc.property(valuesOf(type), (value) => {
        const feature = { name: "f", type: name, default: defaultText(type, value) };
        const back = defaultValue(JSON.parse(JSON.stringify(feature)) as typeof feature);
        expect(bitsOf(back)).toBe(bitsOf(value));
      }),
    );
  });

  it("that there is not is null", () => {
    expect(defaultText({ kind: "int64" }, undefined)).toBeNull();
    expect(defaultValue({ name: "f", type: "int64", default: null })).toBeNull();
  });
});
