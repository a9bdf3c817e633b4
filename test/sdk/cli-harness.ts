// The command line as a user runs it: a process of its own, in a temporary folder outside the checkout.
// It sets limits and cleans up after the file that loads it: for files that have a process to themselves (vitest.config.ts).
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, vi } from "vitest";

// Each run is a process that loads a compiler, and often a database: on a busy machine that takes long.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const ROOT = new URL("../../", import.meta.url).pathname;
const NODE = join(ROOT, "node_modules/.bin/node");
const MAIN = join(ROOT, "sdk/cli/main.ts");

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The last line of standard output, parsed. */
  json(): any;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Flags of Node itself. */
  node?: readonly string[];
}

/** Starts the command line as a process. */
export function start(args: readonly string[], { cwd = tmpdir(), env = {}, node = [] }: RunOptions) {
  const { EDGEFEAT_TOKEN: _, ...inherited } = process.env;
  return spawn(NODE, [...node, MAIN, ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs the command line to its end. */
export function edgefeat(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = start(args, options);
    const texts = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => (texts.stdout += data));
    child.stderr.on("data", (data) => (texts.stderr += data));
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, ...texts, json: () => JSON.parse(texts.stdout.trimEnd().split("\n").at(-1) ?? "") });
    });
  });
}

export interface Serving {
  url: string;
  /** Beside it, by --worker. */
  workers: { file: string; url: string }[];
  /** Sends a signal and resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<Serving>();

/** Starts `edgefeat serve` and resolves once it says where it serves. It is stopped after the file's tests, if not before. */
export function serve(args: readonly string[], options: RunOptions = {}): Promise<Serving> {
  return new Promise((resolve, reject) => {
    const child = start(["serve", "--json", ...args], options);
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    const ended = new Promise<number | null>((done) => child.once("close", done));
    void ended.then((code) => reject(new Error(`serve ended with ${code}: ${stderr}`)));
    child.stdout.once("data", (data) => {
      const { url, workers } = JSON.parse(String(data));
      const serving: Serving = {
        url,
        workers,
        stop(signal = "SIGTERM") {
          running.delete(serving);
          child.kill(signal);
          return ended;
        },
      };
      running.add(serving);
      resolve(serving);
    });
  });
}

const folders: string[] = [];

/** Returns a new folder with these files in it. It is removed after the file's tests. */
export function folderWith(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-cli-"));
  folders.push(folder);
  writeFiles(folder, files);
  return folder;
}

export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

afterAll(async () => {
  await Promise.all([...running].map((serving) => serving.stop()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
