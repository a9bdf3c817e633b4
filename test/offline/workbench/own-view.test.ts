// A view described in the form: the snapshot it makes is that of the code it shows.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runModule } from "../../../sdk/cli/load/run-module.ts";
import { collectDefinitions, compileDefinitions, type ViewSpec } from "../../../sdk/registry/index.ts";
import { type OwnView, ownView } from "../../../offline/workbench/session/own-view.ts";
import { parseTypeName } from "../../../sdk/types/index.ts";

const FORM: OwnView = {
  view: "driver_stats",
  file: "driver_stats.parquet",
  keys: [{ name: "driver_id", type: "int64" }],
  eventTime: "event_timestamp",
  createdTime: "created",
  ttl: "6h",
  features: [
    { name: "conv_rate", type: "float32" },
    { name: "tags", type: "list<string>" },
    { name: "price", type: "decimal(10,2)" },
    { name: "embedding", type: "vector(3)" },
  ],
};

const folder = mkdtempSync(join(tmpdir(), "edgefeat-own-view-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the code as a repo's definitions are run. */
function run(code: string): Promise<Record<string, unknown>> {
  const file = join(folder, "features.ts");
  writeFileSync(file, code);
  return runModule(file, folder);
}

describe("a view of the form", () => {
  it.each<[string, Partial<OwnView>]>([
    ["everything", {}],
    ["a file without times", { eventTime: null, createdTime: null, ttl: "" }],
    [
      "several keys",
      {
        keys: [
          { name: "a_id", type: "string" },
          { name: "b_id", type: "int32" },
        ],
      },
    ],
    ["CSV", { file: "stats.csv" }],
    ["JSON lines", { file: "stats.jsonl" }],
  ])("is the view of the code that is shown: %s", async (_what, change) => {
    const form = { ...FORM, ...change };
    const { snapshot, code } = ownView(form);
    const spec = snapshot.views["driver_stats"]?.versions["1"]?.spec;
    const columns = Object.fromEntries(
      [...form.keys, ...form.features].map(({ name, type }) => [name, parseTypeName(type)]),
    );
    const times = Object.fromEntries(
      [form.eventTime, form.createdTime].flatMap((name) => (name === null ? [] : [[name, parseTypeName("timestamp")]])),
    );
    const shown = compileDefinitions(collectDefinitions(await run(code)), {
      columnsOf: () => ({ ...columns, ...times }),
    });
    const withoutSchema = (of: ViewSpec | undefined) =>
      of === undefined || of.kind === "onDemand" ? of : { ...of, source: { ...of.source, schema: null } };
    expect(withoutSchema(shown.views["driver_stats"]?.spec)).toEqual(withoutSchema(spec));
    expect(spec).toBeDefined();
  });

  it.each<[string, Partial<OwnView>, RegExp]>([
    ["no key", { keys: [] }, /entity/],
    ["no feature", { features: [] }, /feature/],
    ["a name that is none", { view: "my view" }, /can't be a name/],
    ["a TTL that is no duration", { ttl: "soon" }, /not a duration/],
    ["a created time without an event time", { eventTime: null }, /createdTime needs an eventTime/],
  ])("says what is wrong: %s", (_what, change, words) => {
    expect(() => ownView({ ...FORM, ...change })).toThrow(words);
  });
});
