// A workerd process: started on a configuration, known to listen, stopped without leaving anything behind.
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { EdgefeatError } from "../../errors.ts";
import { SOCKET } from "./capnp.ts";

/** Its main export is CommonJS, which bundlers and Node unwrap differently: required, it is the same everywhere. */
const workerd = createRequire(import.meta.url)("workerd") as { default: string; compatibilityDate: string };

/** The newest date that this workerd knows. */
export const compatibilityDate = workerd.compatibilityDate;

/** How much of what workerd said is kept for an error. */
const KEPT_CHARS = 4_000;
const STOP_WITHIN_MS = 3_000;

export interface WorkerdProcess {
  readonly pid: number;
  /** Of the first socket. */
  readonly port: number;
  /** Of every socket that was asked for, in that order. */
  readonly ports: readonly number[];
  /** Resolves when the process has ended, with what it said last. */
  readonly ended: Promise<{ code: number | null; words: string }>;
  stop(): Promise<void>;
}

export interface WorkerdOptions {
  configFile: string;
  env: Readonly<Record<string, string>>;
  /** The sockets to wait for; default SOCKET alone. */
  sockets?: readonly [string, ...string[]];
  /** Given every line that workerd or the Worker prints. */
  log(line: string): void;
}

/** Returns workerd once its sockets listen. @throws server_failed with what it said */
export async function startWorkerd({
  configFile,
  env,
  sockets = [SOCKET],
  log,
}: WorkerdOptions): Promise<WorkerdProcess> {
  const child = spawn(workerd.default, ["serve", "--control-fd=3", configFile], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C is for this process, which then stops workerd.
    detached: true,
    // Nothing else of this environment: the Worker must not depend on it.
    env: {
      ...env,
      ...(process.env["SSL_CERT_FILE"] === undefined ? {} : { SSL_CERT_FILE: process.env["SSL_CERT_FILE"] }),
    },
  });
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);
  let words = "";
  const listen = (line: string) => {
    words = `${words}${line}\n`.slice(-KEPT_CHARS);
    log(line);
  };
  for (const stream of [child.stdout, child.stderr] as Readable[])
    createInterface({ input: stream }).on("line", listen);
  const ended = new Promise<{ code: number | null; words: string }>((resolve) => {
    child.once("error", (fault) => {
      listen(fault.message);
      resolve({ code: null, words });
    });
    child.once("close", (code) => {
      process.removeListener("exit", killAtExit);
      resolve({ code, words });
    });
  });
  const ports = await Promise.race([listeningPorts(child, sockets), ended.then(() => null)]);
  if (ports === null) {
    throw new EdgefeatError("server_failed", `workerd did not start: ${words.trim() || "it said nothing"}`, {
      hint: "run npm install again if its binary is missing",
    });
  }
  return { pid: child.pid as number, port: ports[0] as number, ports, ended, stop: () => stop(child, ended) };
}

/** Resolves to the ports once workerd has reported, on its control pipe, that it listens on all of them. */
function listeningPorts(child: ChildProcess, sockets: readonly string[]): Promise<number[]> {
  const ports = new Map<string, number>();
  return new Promise((resolve) => {
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const { event, socket, port } = JSON.parse(line) as { event?: string; socket?: string; port?: number };
      if (event !== "listen" || socket === undefined || port === undefined) return;
      ports.set(socket, port);
      if (sockets.every((name) => ports.has(name))) resolve(sockets.map((name) => ports.get(name) as number));
    });
  });
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}
