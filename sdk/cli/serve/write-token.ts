// The write token of a local server: given by the environment, or kept with the data that it protects.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Returns the token of a data folder, making one where there is none; the file can be read by this user alone. */
export function keptToken(dataDir: string): string {
  const file = join(dataDir, "token");
  mkdirSync(dataDir, { recursive: true });
  try {
    const kept = readFileSync(file, "utf8").trim();
    if (kept !== "") return kept;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ENOENT") throw fault;
  }
  const token = randomBytes(24).toString("base64url");
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}
