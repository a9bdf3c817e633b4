// Feast's client in a Python process of its own: commands go in and results come out, one at a time.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Feast } from "./venv.ts";

export interface FeastClient {
  /** Does an operation of client.py. @throws FeastFault with what Python raised */
  send(command: Readonly<Record<string, unknown>>): Promise<any>;
  close(): Promise<void>;
}

/** An exception of Python's. */
export class FeastFault extends Error {
  override readonly name = "FeastFault";
  /** With its module: feast.errors.FeastError. */
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** Starts the client on repos: the text of a feature_store.yaml for each name that commands call its store by. */
export async function startFeastClient(
  { python, env }: Feast,
  { folder, parquet, repos }: { folder: string; parquet: string; repos: Readonly<Record<string, string>> },
): Promise<FeastClient> {
  const places = Object.entries(repos).map(([name, yaml]) => {
    const repo = join(folder, name);
    mkdirSync(repo, { recursive: true });
    writeFileSync(join(repo, "feature_store.yaml"), yaml);
    return `${name}=${repo}`;
  });
  const program = fileURLToPath(new URL("client.py", import.meta.url));
  const child = spawn(python, [program, parquet, ...places], { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the Feast client ended: ${log.slice(-2_000)}`);
    return JSON.parse(value);
  };
  await next();
  return {
    async send(command) {
      child.stdin.write(`${asJson(command)}\n`);
      const { result, error } = await next();
      if (error !== undefined) throw new FeastFault(error.class, error.message);
      return result;
    },
    async close() {
      process.removeListener("exit", kill);
      child.stdin.end();
      await ended;
    },
  };
}

/** JSON with bigints as bare numbers. */
function asJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? `\u0000${one}` : one));
  return text.replace(/"\\u0000(-?\d+)"/g, "$1");
}
