// Workers as single modules for workerd: this package's, with the definitions' TypeScript transforms in it, and users' own.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { BuildOptions } from "esbuild";
import { EdgefeatError } from "../../errors.ts";
import type { Transforms } from "../../plan/index.ts";
import { bundleWhole } from "../load/bundle.ts";
import { packageFile } from "../load/package-paths.ts";

/**
 * Returns the code of the Worker. `transforms` are those of `definitionsFile`; without any, the file is left out.
 * @throws definitions_do_not_compile with file, line and column
 */
export async function bundleWorker(definitionsFile: string, repo: string, transforms: Transforms): Promise<string> {
  const contents = entry(definitionsFile, transforms);
  return bundled({ stdin: { contents, resolveDir: dirname(definitionsFile), loader: "ts" } }, definitionsFile, repo);
}

/**
 * Returns the code of a Worker of the user's.
 * @throws definitions_do_not_compile with file, line and column; file_not_found
 */
export async function bundleOwnWorker(file: string, repo: string): Promise<string> {
  if (existsSync(file)) return bundled({ entryPoints: [file] }, file, repo);
  throw new EdgefeatError("file_not_found", `there is no file ${file}`, {
    hint: "name the file that exports the Worker by default",
  });
}

function bundled(from: Pick<BuildOptions, "stdin" | "entryPoints">, file: string, repo: string): Promise<string> {
  const conditions = ["workerd", "worker", "browser", "import"];
  return bundleWhole({ ...from, conditions, external: ["cloudflare:*", "node:*"] }, repo, dirname(file));
}

/** The hashes are those of `apply`: a transform's own text differs between two bundles, and so would its hash. */
function entry(definitionsFile: string, transforms: Transforms): string {
  if (transforms.size === 0) {
    return `export { default, EdgefeatStore, Features } from "edgefeat/worker";\n`;
  }
  const hashes = Object.fromEntries([...transforms].map(([view, { codeHash }]) => [view, codeHash]));
  return `import { createEntrypoint, createWorker } from "edgefeat/worker";
import * as definitions from ${JSON.stringify(definitionsFile)};
import { collectDefinitions } from ${JSON.stringify(packageFile("edgefeat")?.replace(/index\.(ts|js)$/, "registry/collect.$1"))};
export { EdgefeatStore } from "edgefeat/worker";
const hashes: Record<string, string> = ${JSON.stringify(hashes)};
const views = collectDefinitions(definitions).onDemandViews;
const transforms = new Map(
  Object.entries(hashes).map(([view, codeHash]) => [view, { codeHash, transform: views.get(view)!.transform! }]),
);
const build = { transforms };
export default createWorker(build);
export const Features = createEntrypoint(build);
`;
}
