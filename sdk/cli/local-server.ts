// The local server's address and write token, left in the repo folder by `serve` for the other commands.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface LocalServer {
  url: string;
  token: string;
  /** Of the `edgefeat serve` process. */
  pid: number;
}

const fileOf = (repo: string) => join(repo, ".edgefeat", "serve.json");

/** Writes the file so that only this user can read it. */
export function writeLocalServer(repo: string, server: LocalServer): void {
  const file = fileOf(repo);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(server)}\n`, { mode: 0o600 });
}

/** Returns the local server that was last started here, still running or not; undefined when there is none. */
export function readLocalServer(repo: string): LocalServer | undefined {
  try {
    const { url, token, pid } = JSON.parse(readFileSync(fileOf(repo), "utf8")) as Partial<LocalServer>;
    return url === undefined || token === undefined || pid === undefined ? undefined : { url, token, pid };
  } catch {
    return undefined;
  }
}

/** Removes the file, unless a later server has replaced it. */
export function removeLocalServer(repo: string, server: LocalServer): void {
  if (readLocalServer(repo)?.url === server.url) rmSync(fileOf(repo), { force: true });
}
