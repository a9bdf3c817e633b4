// Runs a bundled module, and finds the place in the user's own files where it failed.
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { EdgefeatError } from "../../errors.ts";
import { atPlace, type FilePlace } from "../error-text.ts";
import { type Bundle, bundleForNode } from "./bundle.ts";

let loaded = 0;

/**
 * Returns the exports of a TypeScript or JavaScript file.
 * @throws definitions_do_not_compile when its text or its run fails; what its own definitions throw; each with its place
 */
export async function runModule(file: string, repo: string): Promise<Record<string, unknown>> {
  const bundle = await bundleForNode(file, repo);
  // The name that V8 gives the code in stack traces.
  const name = `edgefeat-module-${++loaded}.mjs`;
  const url = `data:text/javascript;base64,${Buffer.from(`${bundle.code}\n//# sourceURL=${name}\n`).toString("base64")}`;
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (fault) {
    throw atPlace(asError(fault, relative(repo, file)), placeOf(fault, name, bundle, dirname(file), repo));
  }
}

function asError(fault: unknown, file: string): EdgefeatError {
  if (fault instanceof EdgefeatError) return fault;
  // A definition of another copy of this package throws another class of the same name.
  if (fault instanceof Error && fault.name === "EdgefeatError") {
    const { code, message, hint } = fault as EdgefeatError;
    return new EdgefeatError(code, message, hint === undefined ? {} : { hint });
  }
  const reason = fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
  return new EdgefeatError("definitions_do_not_compile", `${file} failed while it ran: ${reason}`, { cause: fault });
}

function placeOf(fault: unknown, name: string, bundle: Bundle, from: string, repo: string): FilePlace | undefined {
  const stack = fault instanceof Error ? (fault.stack ?? "") : "";
  const at = stack.indexOf(`${name}:`);
  const match = at < 0 ? null : /^:(\d+):(\d+)/.exec(stack.slice(at + name.length));
  if (match === null) return undefined;
  const entry = new SourceMap(JSON.parse(bundle.map)).findEntry(Number(match[1]) - 1, Number(match[2]) - 1);
  if (!("originalSource" in entry)) return undefined;
  const file = resolve(from, entry.originalSource);
  const text = lineOf(file, entry.originalLine);
  return {
    file: relative(repo, file),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
    ...(text === undefined ? {} : { text }),
  };
}

function lineOf(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, "utf8").split(/\r?\n/)[line];
  } catch {
    return undefined;
  }
}
