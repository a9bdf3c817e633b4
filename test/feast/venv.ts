// Feast for Python, in a virtual environment that is made once and kept outside the checkout.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));

export interface Feast {
  readonly version: string;
  /** The environment's interpreter. */
  readonly python: string;
  /** What its processes run with. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How long the installation may take. */
const INSTALL_MS = 300_000;
const OLDEST_PYTHON = [3, 10] as const;

/**
 * Returns Feast, installed if need be, or the reason why it isn't there, as a clause. The environment is in a folder of
 * its own in EDGEFEAT_FEAST_CACHE, by default the system's temporary folder; EDGEFEAT_FEAST=0 does without.
 */
export async function prepareFeast(): Promise<Feast | string> {
  if (process.env["EDGEFEAT_FEAST"] === "0") return "EDGEFEAT_FEAST=0 says so";
  const system = await run("python3", ["-c", "import sys; print(*sys.version_info[:3], sep='.')"], 30_000);
  if (system.code !== 0) return "python3 was not found";
  const pythonVersion = system.output.trim();
  const [major = 0, minor = 0] = pythonVersion.split(".").map(Number);
  if (major !== OLDEST_PYTHON[0] || minor < OLDEST_PYTHON[1]) return `Feast does not take Python ${pythonVersion}`;

  const requirements = readFileSync(REQUIREMENTS, "utf8");
  const version = /^feast==(.*)$/m.exec(requirements)?.[1] as string;
  const key = createHash("sha256").update(`${pythonVersion}\n${requirements}`).digest("hex").slice(0, 12);
  const user = process.getuid?.() ?? 0;
  const folder = join(process.env["EDGEFEAT_FEAST_CACHE"] ?? tmpdir(), `edgefeat-feast-${version}-${key}-${user}`);
  // What it holds is run: in a place that all may write to, nobody else may have made it.
  if (existsSync(folder) && statSync(folder).uid !== user) return `${folder} is another user's`;
  const fault = await alone(`${folder}.lock`, () => install(folder));
  if (fault !== null) return fault;
  return {
    version,
    python: join(folder, "bin", "python"),
    // Compiled modules are kept, or each start would take seconds more; and kept here, out of the checkout.
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: undefined, PYTHONPYCACHEPREFIX: join(folder, "compiled") },
  };
}

/** Returns null once the environment is there, or why it could not be made. */
async function install(folder: string): Promise<string | null> {
  const ready = join(folder, "edgefeat-ready");
  if (existsSync(ready)) return null;
  const until = Date.now() + INSTALL_MS;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = await run("python3", ["-m", "venv", folder], INSTALL_MS);
  if (made.code !== 0) return `python3 -m venv failed: ${lastLine(made.output)}`;
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"];
  // No index at hand is found out soon; a package that would have to be compiled is none that can be had.
  const patience = ["--retries", "1", "--timeout", "15", "--only-binary", ":all:", "--no-deps"];
  const arguments_ = [...pip, ...patience, "-r", REQUIREMENTS];
  const installed = await run(join(folder, "bin", "python"), arguments_, until - Date.now());
  if (installed.code === null) return `pip took longer than ${INSTALL_MS / 1_000} s`;
  if (installed.code !== 0) return `pip could not install it: ${lastLine(installed.output)}`;
  writeFileSync(ready, "");
  return null;
}

/** Does work while no other process does any under the same lock. */
async function alone<T>(lock: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== "EEXIST") throw fault;
      if (hasDied(lock)) rmSync(lock, { force: true });
      else await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** True when the process that holds a lock is no more. */
function hasDied(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return false;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === "ESRCH";
  }
}

interface Ran {
  /** null: it could not be started, or was stopped when its time was up. */
  readonly code: number | null;
  readonly output: string;
}

function run(command: string, args: readonly string[], timeoutMs: number): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: Math.max(1, timeoutMs) });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    child.once("error", (fault) => resolve({ code: null, output: fault.message }));
    child.once("close", (code) => resolve({ code, output }));
  });
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
