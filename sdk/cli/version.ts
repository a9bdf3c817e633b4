// The version of this package.
import { readFileSync } from "node:fs";

/** Returns the package's version, as package.json says it. */
export function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
