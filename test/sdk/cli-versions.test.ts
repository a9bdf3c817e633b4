// Versions over their life, by the command line: a new one takes over once it is materialized, old ones are kept fresh.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edgefeat, folderWith, serve, writeFiles } from "./cli-harness.ts";
import { CONFIG } from "./cli-repo.ts";

const features = (columns: string) => `
import { csv, entity, featureService, featureView, int64, timestamp } from "edgefeat";
const user = entity("user", { joinKey: "id", type: int64() });
const log = csv("log", { path: "log.csv", eventTime: "at", schema: { id: int64(), at: timestamp(), a: int64(), b: int64() } });
const latest = featureView("latest", { entities: [user], source: log, features: { ${columns} } });
export const model = featureService("model", { features: [latest] });
`;
const NOW = "2001-03-02T00:00:00Z";

test("SEMANTICS 7.2: apply takes nothing down, and a version that lost its column does not hold up the others", async () => {
  const cwd = folderWith({
    "edgefeat.config.ts": CONFIG,
    "features.ts": features("a: int64(), b: int64()"),
    "log.csv": "id,at,a,b\n1,2001-03-01T00:00:00Z,10,20\n",
  });
  const server = await serve(["--port", "0", "--now", NOW], { cwd });
  const run = async (...args: string[]) => {
    const ran = await edgefeat([...args, "--json"], { cwd });
    expect([ran.code, ran.stderr]).toEqual([0, expect.any(String)]);
    return ran;
  };
  const online = async () => (await run("online", "--service", "model", "--entity", "id=1")).json();
  const materialize = () => run("materialize", "2001-01-01T00:00:00Z", NOW);
  try {
    await run("apply");
    await materialize();
    expect((await online()).features).toEqual(["latest:a", "latest:b"]);

    writeFiles(cwd, { "features.ts": features("a: int64()") });
    await run("apply");
    const applied = await online();
    expect([applied.features, applied.rows], "from version 1, which has all that is left").toEqual([
      ["latest:a"],
      [{ a: 10 }],
    ]);

    writeFileSync(join(cwd, "log.csv"), "id,at,a,b\n1,2001-03-01T12:00:00Z,11,21\n");
    const both = (await materialize()).json();
    expect(both.views.map((v: { version: number; written: number }) => [v.version, v.written])).toEqual([
      [2, 1],
      [1, 1],
    ]);
    expect((await online()).rows).toEqual([{ a: 11 }]);

    writeFileSync(join(cwd, "log.csv"), "id,at,a\n1,2001-03-01T18:00:00Z,12\n");
    const lost = await materialize();
    expect(lost.json()).toMatchObject({
      views: [{ view: "latest", version: 2, written: 1 }],
      outdated: [{ view: "latest", version: 1, code: "missing_column" }],
    });
    expect(lost.stderr).toContain("latest@1, an older version, gets no more rows");
    expect((await online()).rows).toEqual([{ a: 12 }]);
  } finally {
    await server.stop();
  }
});
