// The Worker as one module for workerd: this package's Worker, with the definitions' TypeScript transforms in it.
import { dirname } from "node:path";
import { build, type BuildFailure } from "esbuild";
import type { Transforms } from "../../plan/index.ts";
import { compileError } from "../load/bundle.ts";
import { PACKAGE_IMPORTS, packageFile } from "../load/package-paths.ts";

/**
 * Returns the code of the Worker. `transforms` are those of `definitionsFile`; without any, the file is left out.
 * @throws definitions_do_not_compile with file, line and column
 */
export async function bundleWorker(definitionsFile: string, repo: string, transforms: Transforms): Promise<string> {
  try {
    const { outputFiles } = await build({
      stdin: { contents: entry(definitionsFile, transforms), resolveDir: dirname(definitionsFile), loader: "ts" },
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser", "import"],
      external: ["cloudflare:*", "node:*"],
      absWorkingDir: dirname(definitionsFile),
      logLevel: "silent",
      plugins: [
        {
          name: "edgefeat",
          setup({ onResolve }) {
            onResolve({ filter: PACKAGE_IMPORTS }, ({ path }) => {
              const file = packageFile(path);
              return file === undefined ? {} : { path: file };
            });
          },
        },
      ],
    });
    return outputFiles[0]?.text ?? "";
  } catch (fault) {
    throw compileError(fault as BuildFailure, repo, dirname(definitionsFile));
  }
}

/** The hashes are those of `apply`: a transform's own text differs between two bundles, and so would its hash. */
function entry(definitionsFile: string, transforms: Transforms): string {
  if (transforms.size === 0) {
    return `import { createWorker } from "edgefeat/worker";
export { EdgefeatStore } from "edgefeat/worker";
export default createWorker();
`;
  }
  const hashes = Object.fromEntries([...transforms].map(([view, { codeHash }]) => [view, codeHash]));
  return `import { createWorker } from "edgefeat/worker";
import * as definitions from ${JSON.stringify(definitionsFile)};
import { collectDefinitions } from ${JSON.stringify(packageFile("edgefeat")?.replace(/index\.(ts|js)$/, "registry/collect.$1"))};
export { EdgefeatStore } from "edgefeat/worker";
const hashes: Record<string, string> = ${JSON.stringify(hashes)};
const views = collectDefinitions(definitions).onDemandViews;
const transforms = new Map(
  Object.entries(hashes).map(([view, codeHash]) => [view, { codeHash, transform: views.get(view)!.transform! }]),
);
export default createWorker({ transforms });
`;
}
