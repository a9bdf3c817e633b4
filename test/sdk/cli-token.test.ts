// Tokens from the command line, against a real server: made, used, listed, replaced, ended.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { upstash } from "../support/provided.ts";
import { edgefeat, folderWith, serve } from "./cli-harness.ts";
import { CONFIG, REPO } from "./cli-repo.ts";

let cwd: string;
let url: string;
beforeAll(async () => {
  cwd = folderWith(REPO);
  ({ url } = await serve(["--port", "0", "--now", "2001-03-03T00:00:00Z"], { cwd }));
  const applied = await edgefeat(["apply"], { cwd });
  if (applied.code !== 0) throw new Error(applied.stderr);
});

const create = async (...args: string[]) => {
  const run = await edgefeat(["token", "create", ...args, "--json"], { cwd });
  expect([run.code, run.stderr.includes("error")]).toEqual([0, false]);
  return run.json() as { id: string; token: string };
};
const materialize = (token: string, view: string) =>
  edgefeat(["materialize-incremental", "2001-03-03T00:00:00Z", "--views", view, "--json"], {
    cwd,
    env: { EDGEFEAT_TOKEN: token },
  });

test("a token for one view materializes that view alone, until it is revoked", async () => {
  const { id, token } = await create("nightly", "--access", "write", "--views", "last_payment");
  const done = await materialize(token, "last_payment");
  expect([done.code, done.stderr.includes("error")]).toEqual([0, false]);
  const other = await materialize(token, "payment_stats");
  expect([other.code, other.json().error.code]).toEqual([1, "forbidden"]);
  const direct = await fetch(`${url}/v1/rows/payment_stats`, {
    method: "POST",
    body: '{"tiles":[]}',
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });
  expect([direct.status, ((await direct.json()) as { code: string }).code]).toEqual([403, "forbidden"]);
  const apply = await edgefeat(["token", "list", "--json"], { cwd, env: { EDGEFEAT_TOKEN: token } });
  expect([apply.code, apply.json().error.code]).toEqual([1, "forbidden"]);
  const revoked = await edgefeat(["token", "revoke", id], { cwd });
  expect([revoked.code, revoked.stdout]).toEqual([0, `revoked ${id} (nightly)\n`]);
  const after = await materialize(token, "last_payment");
  expect([after.code, after.json().error.code]).toEqual([1, "unauthorized"]);
});

test("the secret is printed once, alone on its line, and neither listed nor left on disk", async () => {
  const run = await edgefeat(
    ["token", "create", "ranking", "--access", "read", "--services", "risk_model", "--expires", "90d"],
    { cwd },
  );
  const token = run.stdout.trim();
  expect(token).toMatch(/^ef_[0-9a-f]{16}_[\w-]{43}$/);
  const id = token.split("_")[1] as string;
  expect(run.stderr).toContain(`token ${id} (ranking): read, services risk_model, until 2001-06-01T00:00:00Z`);
  const list = await edgefeat(["token", "list"], { cwd });
  expect(list.stdout).toMatch(/^ID +NAME +ACCESS +LIMITED TO +EXPIRES +STATE\n/);
  expect(list.stdout).toMatch(
    new RegExp(`^${id} +ranking +read +services risk_model +2001-06-01T00:00:00Z +active$`, "m"),
  );
  const secret = token.slice(-43);
  expect(list.stdout + list.stderr).not.toContain(secret);
  const files = readdirSync(join(cwd, ".edgefeat"), { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  expect(files.length).toBeGreaterThan(1);
  for (const { parentPath, name } of files) {
    expect([name, readFileSync(join(parentPath, name), "latin1").includes(secret)]).toEqual([name, false]);
  }
});

test("a token is replaced by another, side by side", async () => {
  const old = await create("rotating", "--access", "write");
  const rotated = await edgefeat(["token", "rotate", old.id, "--overlap", "2h", "--json"], { cwd });
  expect(rotated.code).toBe(0);
  expect(rotated.json()).toMatchObject({
    name: "rotating",
    access: "write",
    replaced: { id: old.id, state: "active" },
  });
  for (const token of [old.token, rotated.json().token])
    expect((await materialize(token, "last_payment")).code).toBe(0);
  const again = await edgefeat(["token", "rotate", old.id, "--json"], { cwd });
  expect([again.code, again.json().error.code]).toEqual([1, "bad_request"]);
});

test.each<[string[], string]>([
  [["create", "x"], "required option '--access <level>' not specified"],
  [["create", "x", "--access", "root"], "Allowed choices are read, write, admin"],
  [["create", "--access", "read"], "missing required argument 'name'"],
  [["create", "x", "--access", "read", "--views", "a,,b"], '--views: "a,,b" has an empty part'],
  [["create", "x", "--access", "read", "--expires", "soon"], '--expires: "soon" is not a duration'],
  [["rotate"], "missing required argument 'id'"],
  [["rotate", "x", "--overlap", "1"], '--overlap: "1" is not a duration'],
  [["revok", "x"], "unknown command 'revok'"],
])("bad usage exits with 2: edgefeat token %j", async (args, error) => {
  const run = await edgefeat(["token", ...args], { cwd });
  expect(run.stderr).toContain(error);
  expect([run.code, run.stdout]).toEqual([2, ""]);
});

test.each(["create", "list", "rotate", "revoke"])(
  "token %s --help teaches: purpose, options, examples",
  async (command) => {
    const { code, stdout } = await edgefeat(["token", command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: edgefeat token ${command} [options]`);
    expect(stdout.match(new RegExp(`^  \\$ edgefeat token ${command}\\b`, "gm"))?.length).toBeGreaterThanOrEqual(2);
  },
);

test("token alone prints its help", async () => {
  const { code, stderr } = await edgefeat(["token"]);
  expect(code).toBe(2);
  for (const command of ["create", "list", "rotate", "revoke"])
    expect(stderr).toMatch(new RegExp(`^  ${command} `, "m"));
});

test.skipIf(upstash === null)(
  "with an Upstash database no server is needed to make a token that servers then take",
  async () => {
    const online = 'online: { type: "upstash", url: env("REDIS_URL"), token: env("REDIS_TOKEN") }, definitions:';
    const config = CONFIG.replace("defineConfig }", "defineConfig, env }")
      .replace('"pay"', JSON.stringify(`token-${process.pid}`))
      .replace("definitions:", online);
    const repo = folderWith({ ...REPO, "edgefeat.config.ts": config });
    const env = { REDIS_URL: upstash?.url ?? "", REDIS_TOKEN: upstash?.token ?? "" };
    const made = await edgefeat(["token", "create", "first", "--access", "admin", "--json"], { cwd: repo, env });
    expect([made.code, made.json().createdBy]).toEqual([0, "root"]);
    const serving = await serve(["--port", "0"], { cwd: repo, env });
    const ask = async () =>
      (await fetch(`${serving.url}/v1/tokens`, { headers: { authorization: `Bearer ${made.json().token}` } })).status;
    expect(await ask()).toBe(200);
    expect((await edgefeat(["token", "revoke", made.json().id], { cwd: repo, env })).code).toBe(0);
    expect(await ask()).toBe(401);
  },
);
