// Where this very package's entries are, so that a repo folder anywhere on disk uses this copy and no other.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);

/** What a definitions or config file may import from this package; resolved when they are loaded. */
export const PACKAGE_IMPORTS = /^edgefeat(\/.*)?$/;

/** Returns the file of one of this package's entries, such as "edgefeat/client"; undefined when there is none. */
export function packageFile(specifier: string): string | undefined {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** Returns the address that Node's import takes. */
export function packageUrl(specifier: string): string | undefined {
  const file = packageFile(specifier);
  return file === undefined ? undefined : pathToFileURL(file).href;
}
