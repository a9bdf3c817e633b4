// The event log in a folder, by workerd's own disk service: what it promises, and the suite of all places.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SOCKET } from "../../../sdk/cli/serve/capnp.ts";
import { compatibilityDate, startWorkerd, type WorkerdProcess } from "../../../sdk/cli/serve/workerd-process.ts";
import { putToDisk } from "../../../worker/log/segments.ts";
import { eventLogConformance } from "../../conformance/event-log.ts";

/** Passes every request on to the folder. */
const RELAY = "export default { fetch: (request, env) => env.LOG.fetch(request) };";

const folder = mkdtempSync(join(tmpdir(), "edgefeat-log-"));
const root = join(folder, "log");
let workerd: WorkerdProcess;

beforeAll(async () => {
  writeFileSync(join(folder, "relay.js"), RELAY);
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "relay", worker = .relay), (name = "log", disk = (path = ${JSON.stringify(root)}, writable = true))],
  sockets = [(name = "${SOCKET}", address = "127.0.0.1:0", http = (), service = "relay")],
);
const relay :Workerd.Worker = (
  modules = [(name = "relay.js", esModule = embed "relay.js")], compatibilityDate = "${compatibilityDate}",
  bindings = [(name = "LOG", service = "log")],
);`,
  );
  mkdirSync(root);
  workerd = await startWorkerd({ configFile: join(folder, "config.capnp"), env: {}, log: () => {} });
});
afterAll(async () => {
  await workerd.stop();
  rmSync(folder, { recursive: true, force: true });
});

const fetcher = {
  fetch: (url: string, init: RequestInit) => fetch(url.replace("http://log", `http://127.0.0.1:${workerd.port}`), init),
} as unknown as Parameters<typeof putToDisk>[0];

function filesBelow(path: string): [string, string][] {
  const entries = readdirSync(join(root, path), { withFileTypes: true });
  return entries.flatMap((entry): [string, string][] => {
    const below = path === "" ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(below) : [[below, readFileSync(join(root, below), "utf8")]];
  });
}

eventLogConformance("a folder of workerd", async () => ({
  put: putToDisk(fetcher),
  contents: async () => new Map(filesBelow("")),
}));

describe("workerd's service of a folder", () => {
  it("makes the folders above a file, and leaves no file but it", async () => {
    await putToDisk(fetcher)("made/by/itself/x.jsonl", "text");
    expect(filesBelow("made")).toEqual([["made/by/itself/x.jsonl", "text"]]);
  });

  it("refuses what it can't write, so that the push is not acknowledged", async () => {
    await putToDisk(fetcher)("a-file", "text");
    await expect(putToDisk(fetcher)("a-file/below", "text")).rejects.toThrow();
    await expect(putToDisk(fetcher)("x/.hidden", "text")).rejects.toThrow("answers 403");
  });
});
