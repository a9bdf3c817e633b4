// A TypeScript file and what it imports as one module, with the faults of its text as errors with their place.
import { dirname, relative } from "node:path";
import { build, type BuildFailure, type BuildOptions, type Message, type Plugin } from "esbuild";
import { EdgefeatError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { atPlace } from "../error-text.ts";
import { PACKAGE_IMPORTS, packageFile, packageUrl } from "./package-paths.ts";

export interface Bundle {
  code: string;
  /** The source map, as JSON text. */
  map: string;
}

/**
 * Returns `file` bundled for this Node; imports of this package stay imports of this very copy.
 * @throws definitions_do_not_compile with file, line and column
 */
export async function bundleForNode(file: string, repo: string): Promise<Bundle> {
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      outfile: `${file}.out.mjs`,
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node22",
      sourcemap: "external",
      sourcesContent: false,
      absWorkingDir: dirname(file),
      logLevel: "silent",
      plugins: [thisPackage],
    });
    const text = (ending: string) => outputFiles.find((output) => output.path.endsWith(ending))?.text ?? "";
    return { code: text(".mjs"), map: text(".map") };
  } catch (fault) {
    throw compileError(fault as BuildFailure, repo, dirname(file));
  }
}

/** The names that each entry of this package exports, once something imported it. */
const exportsOf = new Map<string, string[]>();

/** Re-exports this package by name, so that a misspelt import is found with its place rather than when the code is linked. */
const thisPackage: Plugin = {
  name: "edgefeat",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: PACKAGE_IMPORTS }, ({ path }) => ({ path, namespace: "edgefeat" }));
    onLoad({ filter: /.*/, namespace: "edgefeat" }, async ({ path }) => {
      const url = packageUrl(path);
      if (url === undefined) return { errors: [{ text: `Could not resolve "${path}"` }] };
      const names = Object.keys((await import(url)) as object);
      exportsOf.set(path, names);
      return { contents: `export { ${names.join(", ")} } from ${JSON.stringify(url)};` };
    });
    onResolve({ filter: /^file:/ }, ({ path }) => ({ path, external: true }));
  },
};

/** Takes this package into the bundle, where whoever runs it has no package to import. */
const packageInside: Plugin = {
  name: "edgefeat",
  setup({ onResolve }) {
    onResolve({ filter: PACKAGE_IMPORTS }, ({ path }) => {
      const file = packageFile(path);
      return file === undefined ? {} : { path: file };
    });
  },
};

/**
 * Returns a user's module with all that it imports, this package included, as one module.
 * `from` is the folder that errors' paths are relative to. @throws definitions_do_not_compile with file, line and column
 */
export async function bundleWhole(options: BuildOptions, repo: string, from: string): Promise<string> {
  const fixed = { bundle: true, write: false, format: "esm", target: "es2024", logLevel: "silent" } as const;
  try {
    const { outputFiles } = await build({ ...options, ...fixed, absWorkingDir: from, plugins: [packageInside] });
    return outputFiles[0]?.text ?? "";
  } catch (fault) {
    throw compileError(fault as BuildFailure, repo, from);
  }
}

/** Returns esbuild's first message as an error; `from` is the folder that its paths are relative to. */
function compileError(fault: BuildFailure, repo: string, from: string): unknown {
  const first: Message | undefined = fault.errors?.[0];
  if (first === undefined) return fault;
  const { location, text } = first;
  const count = fault.errors.length;
  const error = new EdgefeatError(
    "definitions_do_not_compile",
    `${text}${count > 1 ? ` (and ${count - 1} more)` : ""}`,
    {
      ...hintOf(first),
      details: {
        errors: fault.errors.map((e) => ({
          text: e.text,
          line: e.location?.line,
          column: (e.location?.column ?? 0) + 1,
        })),
      },
    },
  );
  if (location === null) return error;
  return atPlace(error, {
    file: relative(repo, `${from}/${location.file}`),
    line: location.line,
    column: location.column + 1,
    text: location.lineText,
  });
}

function hintOf({ text, location }: Message): { hint?: string } {
  const [, specifier, name] = /^No matching export in "edgefeat:([^"]+)" for import "([^"]+)"/.exec(text) ?? [];
  if (specifier !== undefined && name !== undefined) return { hint: didYouMean(name, exportsOf.get(specifier) ?? []) };
  if (location?.suggestion) return { hint: `did you mean ${location.suggestion}?` };
  return {};
}
