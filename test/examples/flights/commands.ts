// Runs `edgefeat` as a newcomer would, in this folder, and gives back what --json prints.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** This folder: the example's repo. */
export const repo = fileURLToPath(new URL(".", import.meta.url));
const cli = fileURLToPath(new URL("../../../sdk/cli/main.ts", import.meta.url));

/** The moment that the example plays at: the last day of its flights. */
export const NOW = "2001-07-01T00:00:00Z";
export const START = "2001-01-01T00:00:00Z";

export function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [cli, ...args, "--repo", repo, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs one command to its end and returns the object on its last line. Prints what it said and throws when it failed. */
export async function edgefeat<T>(args: readonly string[]): Promise<T> {
  const child = start(args);
  const said = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  const code = await new Promise<number | null>((done) => child.on("close", done));
  if (code !== 0) {
    process.stderr.write(said.stderr);
    throw new Error(`edgefeat ${args.join(" ")} failed`);
  }
  return JSON.parse(said.stdout.trimEnd().split("\n").at(-1) as string) as T;
}

export interface RunningServer {
  url: string;
  stop(): Promise<void>;
}

/** Starts `edgefeat serve` and returns once it listens. `data` is where its rows are kept. */
export async function serve(port: number, data: string): Promise<RunningServer> {
  const child = start(["serve", "--port", String(port), "--now", NOW, "--data", data]);
  const ended = new Promise<void>((done) => child.on("close", () => done()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const first = new Promise<string>((done, fail) => {
    let stdout = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.includes("\n")) done(stdout);
    });
    child.on("close", () => fail(new Error(`edgefeat serve ended: ${stderr}`)));
  });
  const { url } = JSON.parse((await first).trimEnd().split("\n").at(-1) as string) as { url: string };
  return { url, stop };
}
