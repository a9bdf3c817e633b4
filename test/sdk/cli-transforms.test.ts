// Transforms registered on a server, seen from the command line: apply leaves them, training data can be made with them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type AdminClient, createAdminClient } from "../../sdk/client/index.ts";
import type { TransformDefinition } from "../../sdk/registry/index.ts";
import { edgefeat, folderWith, serve, writeFiles } from "./cli-harness.ts";
import { FEATURES, REPO } from "./cli-repo.ts";

const NOW = "2001-03-03T00:00:00Z";
const definition = (name: string, expression: string): TransformDefinition => ({
  inputs: ["payment_stats"],
  request: { limit: "float64" },
  features: { [name]: { type: "float64", expression, default: -1 } },
});
const SHARE = definition("share", "100.0 * spent_1d / limit");

describe("a server with transforms of its own", () => {
  const cwd = folderWith({ ...REPO, "now.csv": `user_id,event_timestamp,limit\n1,${NOW},100\n2,${NOW},0.5\n` });
  let admin: AdminClient;
  const run = async (...args: string[]) => {
    const ran = await edgefeat([...args, "--json"], { cwd });
    expect([args, ran.code, ran.stderr.includes("error[")]).toEqual([args, 0, false]);
    return { ...ran, ...ran.json() };
  };
  const online = async (features: string) =>
    (await run("online", "--features", features, "--entity", "user_id=1", "--request", "limit=100")).rows;
  const trained = async (...args: string[]) => {
    const out = await run("historical", "--entities", "now.csv", "--out", "t.csv", "--full-names", ...args);
    return { lines: readFileSync(join(cwd, "t.csv"), "utf8").trimEnd().split("\n"), registry: out.registry };
  };

  beforeAll(async () => {
    await serve(["--port", "0", "--now", NOW], { cwd });
    const { url, token } = JSON.parse(readFileSync(join(cwd, ".edgefeat/serve.json"), "utf8"));
    admin = createAdminClient({ url, token });
    await run("apply");
    await run("materialize", "2001-03-01T00:00:00Z", NOW);
  });

  test("registers, tells and lists them through the admin client", async () => {
    expect(await admin.getTransform("share_of")).toBeNull();
    const made = await admin.putTransform("share_of", SHARE, null);
    expect(made).toMatchObject({ name: "share_of", version: 1, visibleWithinMs: expect.any(Number) });
    expect(await admin.putTransform("share_of", SHARE, null)).toEqual(made);
    expect(await admin.getTransform("share_of")).toEqual({
      name: "share_of",
      version: 1,
      active: 1,
      registeredBy: "api",
      definitions: null,
      definition: SHARE,
      registry: made.registry,
    });
    await expect(admin.putTransform("share_of", definition("share", "1.0"), 2)).rejects.toMatchObject({
      code: "registry_conflict",
      details: { version: 1 },
    });
    expect(await admin.putTransform("risk", SHARE, 1)).toMatchObject({ version: 2 });
    expect((await admin.listTransforms()).map(({ name, version }) => [name, version])).toEqual([
      ["risk", 2],
      ["share_of", 1],
    ]);
    expect(await online("risk:share,share_of:share,risk@1:share")).toEqual([
      { risk__share: 2.5, share_of__share: 2.5, "risk@1__share": 0.025 },
    ]);
  });

  test("7.3 plan and apply tell them, and leave them", async () => {
    const plan = await run("plan");
    expect(plan).toMatchObject({
      changes: [],
      registered: [
        { name: "risk", version: 2, definitions: 1, behind: [] },
        { name: "share_of", version: 1, definitions: null, behind: [] },
      ],
    });
    expect(plan.stderr).toContain("nothing to change");
    expect(plan.stderr).toContain(
      "= view risk@2; registered through the API, stays; the definitions' version 1 waits\n",
    );
    expect(plan.stderr).toContain("= view share_of@1; registered through the API, stays\n");
    expect(await run("apply")).toMatchObject({ changed: false });

    writeFiles(cwd, {
      "features.ts": FEATURES.replace("spent_1d / limit", "spent_1d - limit").replace(
        'cents_1d: sum("cents", "1d")',
        'cents_1d: sum("cents", "1d"), payments_2d: count("2d")',
      ),
    });
    const applied = await run("apply");
    expect(applied.stderr).toMatch(/^~ view risk@3; .*risk@2, registered through the API, goes on answering$/m);
    expect(applied.stderr).toContain("reads payment_stats@1, not the definitions' 2");
    expect(applied.views).toContainEqual({ view: "risk", version: 2, state: "answers" });
    expect(applied.views).toContainEqual({ view: "share_of", version: 1, state: "answers" });
    await run("materialize", "2001-03-01T00:00:00Z", NOW);
    expect(await online("risk:share,share_of:share")).toEqual([{ risk__share: 2.5, share_of__share: 2.5 }]);
  });

  test("3.2 historical sees them on the server, or in a registry saved from it: the values that are served", async () => {
    const features = ["--features", "risk:share,share_of:share"];
    const server = await trained(...features, "--from-server");
    expect(server.lines).toEqual([
      "user_id,event_timestamp,limit,risk__share,share_of__share",
      `1,${NOW},100,2.5,2.5`,
      `2,${NOW},0.5,1400,1400`,
    ]);
    const answer = await admin.getRegistry();
    expect(server.registry).toBe(answer?.registry);
    writeFileSync(join(cwd, "registry.json"), JSON.stringify(answer));
    expect(await trained(...features, "--registry", "registry.json")).toEqual(server);
    // A training set names the registry that it was made from, whatever the file calls itself.
    writeFileSync(join(cwd, "edited.json"), JSON.stringify(answer).replace("100.0 * spent_1d", "200.0 * spent_1d"));
    const edited = await trained("--features", "share_of:share", "--registry", "edited.json");
    expect(edited.registry).toMatch(/^sha256:/);
    expect(edited.registry).not.toBe(server.registry);
    const alone = await trained("--features", "risk:share");
    expect(alone.lines[1]).toBe(`1,${NOW},100,-97.5`);
    const unknown = await edgefeat(
      ["historical", "--entities", "now.csv", "--out", "t.csv", "--features", "share_of:share", "--json"],
      { cwd },
    );
    expect([unknown.code, unknown.json().error.code]).toEqual([1, "unknown_view"]);
  });

  test.each<[what: string, args: string[], code: number, error: string]>([
    ["both", ["--registry", "registry.json", "--from-server"], 2, "bad_request"],
    ["a file that is not there", ["--registry", "nope.json"], 1, "file_not_found"],
    ["a file of something else", ["--registry", "now.csv"], 1, "registry_invalid"],
    ["a file that was tampered with", ["--registry", "broken.json"], 1, "registry_invalid"],
    ["another project's", ["--registry", "other.json"], 1, "project_mismatch"],
  ])("historical refuses %s", async (_what, args, code, error) => {
    const text = JSON.stringify(await admin.getRegistry());
    writeFiles(cwd, {
      "broken.json": text.replace("100.0 * spent_1d", "100.0 * spent_1y"),
      "other.json": text.replace('"project":"pay"', '"project":"play"'),
    });
    const ran = await edgefeat(
      ["historical", "--entities", "now.csv", "--features", "risk:share", "--out", "t.csv", "--json", ...args],
      { cwd },
    );
    expect([ran.code, ran.json().error.code]).toEqual([code, error]);
  });

  test("7.3 definitions that leave no room for one are refused, before anything changes", async () => {
    const before = await admin.getRegistry();
    writeFiles(cwd, { "features.ts": FEATURES.replaceAll("payment_stats", "paid") });
    const refused = await edgefeat(["apply", "--json"], { cwd });
    expect([refused.code, refused.json().error.code]).toEqual([1, "transform_conflict"]);
    expect(refused.stderr).toContain("DELETE /v1/transforms/");
    expect(await admin.getRegistry()).toEqual(before);
    writeFiles(cwd, { "features.ts": FEATURES });
  });

  test("deleting one brings the definitions' back, at once", async () => {
    await run("apply");
    expect(await admin.deleteTransform("risk", 2)).toMatchObject({ name: "risk", version: 1 });
    expect(await online("risk:share")).toEqual([{ share: 0.025 }]);
    expect(await admin.deleteTransform("share_of", null)).toMatchObject({ version: null });
    await expect(admin.deleteTransform("share_of", null)).rejects.toMatchObject({ code: "unknown_view" });
    expect(await run("apply")).toMatchObject({ changed: false, changes: [], registered: [] });
  });
});
