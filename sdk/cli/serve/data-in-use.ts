// One server a data folder: two on the same rows would lose writes.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefeatError } from "../../errors.ts";

const fileOf = (dataDir: string) => join(dataDir, "served-at");

/** Does nothing unless a server runs on this data; an address left by one that was killed does not count. @throws server_failed */
export async function checkNotServed(dataDir: string): Promise<void> {
  const url = readUrl(dataDir);
  if (url === undefined) return;
  const alive = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.headers.get("content-type")?.startsWith("application/json") === true,
    () => false,
  );
  if (!alive) return;
  throw new EdgefeatError("server_failed", `a server already runs on the data in ${dataDir}, at ${url}`, {
    hint: "use that one, stop it, or choose another folder with --data",
  });
}

/** Leaves the server's address with the data; returns what takes it away again. */
export function markServed(dataDir: string, url: string): () => void {
  writeFileSync(fileOf(dataDir), url);
  return () => {
    if (readUrl(dataDir) === url) rmSync(fileOf(dataDir), { force: true });
  };
}

function readUrl(dataDir: string): string | undefined {
  try {
    return readFileSync(fileOf(dataDir), "utf8");
  } catch {
    return undefined;
  }
}
