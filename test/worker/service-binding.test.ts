// A service binding as it is deployed: two Workers in one workerd, and what crosses between them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boundSocket, capnpConfig, SOCKET } from "../../sdk/cli/serve/capnp.ts";
import { compatibilityDate, startWorkerd, type WorkerdProcess } from "../../sdk/cli/serve/workerd-process.ts";
import { bundle, WORKER_ENTRY } from "../bench/bundle.ts";
import { NOW, snapshotFor, TOKEN } from "./support/harness.ts";

/** Asks what its request says; tells of each value which type it has, or how the call failed. */
const CALLER = `
const typed = (value) => value === null ? null : [value.constructor.name, typeof value === "object" ? [...value].map(String) : String(value)];
export default {
  async fetch(request, { FEATURES }) {
    try {
      const query = await request.json();
      if (query?.entities === "a function") query.entities = () => ({ user_id: 9n });
      if (query?.entities?.user_id === "a bigint") query.entities.user_id = 9n;
      const answer = await FEATURES.get(query);
      const rows = answer.rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typed(value)])));
      answer.rows[0].embedding?.fill(7);
      return Response.json({ ...answer, rows });
    } catch (error) {
      const { name, message, stack, remote, ...own } = Object.getOwnPropertyDescriptors(error);
      const values = Object.fromEntries(Object.entries(own).map(([key, { value }]) => [key, value]));
      return Response.json({ class: error.constructor.name, name: error.name, message: error.message, own: values });
    }
  },
};`;

/** When errors began to cross with their own properties. */
const DATES = { before: "2026-01-01", since: "2026-05-01" };

const NAMES = ["an_int64", "a_float64", "a_decimal", "a_string", "some_bytes", "a_time", "numbers", "embedding"];

describe("a service binding", () => {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-binding-"));
  let workerd: WorkerdProcess;
  const ask = async (caller: number, query: unknown): Promise<any> => {
    const body = JSON.stringify(query);
    return (await fetch(`http://127.0.0.1:${workerd.ports[caller]}`, { method: "POST", body })).json();
  };

  beforeAll(async () => {
    const dataDir = join(folder, "rows");
    mkdirSync(dataDir);
    writeFileSync(join(folder, "worker.js"), await bundle(WORKER_ENTRY, { minify: false }));
    writeFileSync(join(folder, "caller.js"), CALLER);
    const variables = { EDGEFEAT_PROJECT: "bound", EDGEFEAT_ENVIRONMENT: "test", EDGEFEAT_NOW: NOW };
    const caller = { module: "caller.js", port: 0, variables: {}, secrets: [] };
    const config = capnpConfig({
      module: "worker.js",
      compatibilityDate,
      objectClass: "EdgefeatStore",
      objectBinding: "STORE",
      dataDir,
      port: 0,
      variables: { ...variables, EDGEFEAT_TOKEN: TOKEN },
      secrets: [],
      bound: [caller, caller],
    });
    // The configuration gives all Workers one date; here the callers have one each.
    const [own = "", first = "", second = ""] = config.split(/(?=\nconst bound\d)/);
    const dated = [[first, DATES.before] as const, [second, DATES.since] as const].map(([text, date]) =>
      text.replace(compatibilityDate, date),
    );
    writeFileSync(join(folder, "config.capnp"), own + dated.join(""));
    workerd = await startWorkerd({
      configFile: join(folder, "config.capnp"),
      env: {},
      sockets: [SOCKET, boundSocket(0), boundSocket(1)],
      log: () => {},
    });
    const put = async (method: string, path: string, body: unknown) => {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      const url = `http://127.0.0.1:${workerd.port}${path}`;
      const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
      expect([path, response.status]).toEqual([path, response.status === 201 ? 201 : 200]);
    };
    await put("PUT", "/v1/registry", snapshotFor("bound"));
    const values = {
      a_bool: true,
      an_int32: 1,
      an_int64: 5,
      a_float32: 1.5,
      a_float64: null,
      a_decimal: "1.5000",
      a_string: "x",
      some_bytes: "AAE=",
      a_time: NOW,
      names: ["a"],
      numbers: [1],
      embedding: [0.5, -2, 3],
    };
    await put("POST", "/v1/rows/everything", {
      rows: [{ entities: { user_id: 9 }, eventTime: NOW, createdTime: null, values }],
    });
  }, 60_000);

  afterAll(async () => {
    await workerd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("carries every value as it is, as a copy that may be changed", async () => {
    const query = { features: NAMES.map((name) => `everything:${name}`), entities: { user_id: "a bigint" } };
    const row = {
      an_int64: ["BigInt", "5"],
      a_float64: null,
      a_decimal: ["String", "1.5000"],
      a_string: ["String", "x"],
      some_bytes: ["Uint8Array", ["0", "1"]],
      a_time: ["BigInt", "986040000000000"],
      numbers: ["Array", ["1"]],
      embedding: ["Float32Array", ["0.5", "-2", "3"]],
    };
    expect(await ask(1, query)).toMatchObject({ now: NOW, rows: [row], absent: [] });
    expect((await ask(1, query)).rows).toEqual([row]);
  });

  it.each([
    [{ service: "modle", entities: {} }, "unknown_service", expect.stringContaining("model")],
    [{ features: ["last_flight:delay"], entities: { origin: 5 } }, "type_mismatch", undefined],
    [{ features: ["everything:names"], entities: "a function" }, "bad_request", expect.any(String)],
    [null, "bad_request", expect.any(String)],
  ])("tells a caller of any date which error %j is", async (query, code, hint) => {
    const [before, since] = [await ask(1, query), await ask(2, query)];
    expect(since).toMatchObject({
      class: "Error",
      name: "Error",
      own: { code, ...(hint === undefined ? {} : { hint }) },
    });
    expect(Object.keys(since.own).filter((key) => !["code", "hint", "pointer", "details"].includes(key))).toEqual([]);
    expect(since.message).toMatch(new RegExp(`^${code}: `));
    expect(before).toEqual({ class: "Error", name: "Error", message: since.message, own: {} });
    if (since.own.hint !== undefined) expect(since.message).toContain(`(${since.own.hint})`);
  });
});
