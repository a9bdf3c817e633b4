// Command-line arguments: what is wrong with one is bad usage (exit 2), told apart from work that failed (exit 1).
import { EdgefeatError } from "../errors.ts";
import { parseDuration, parseTime, type Us } from "../time.ts";

/** An argument that can't be what its command needs. */
export class UsageError extends EdgefeatError {}

/** Returns what `parse` returns; what it throws becomes bad usage of `argument`. */
function parsed<T>(argument: string, parse: () => T): T {
  try {
    return parse();
  } catch (fault) {
    if (!(fault instanceof EdgefeatError)) throw fault;
    const { code, message, hint } = fault;
    throw new UsageError(code, `${argument}: ${message}`, hint === undefined ? {} : { hint });
  }
}

/** Returns the moment that an argument names; it needs a zone (SEMANTICS 1.1). */
export function timeArgument(argument: string, text: string): Us {
  return parsed(argument, () => parseTime(text));
}

export function durationArgument(argument: string, text: string): Us {
  return parsed(argument, () => parseDuration(text));
}

/** Returns the parts of a comma-separated list, without white space around them. */
export function listArgument(argument: string, text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (!parts.includes("")) return parts;
  throw new UsageError("bad_request", `${argument}: "${text}" has an empty part`, {
    hint: "separate names by single commas",
  });
}

/** Returns repeated NAME=VALUE arguments as a record of texts. */
export function pairsArgument(argument: string, texts: readonly string[]): Record<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = text.slice(0, at);
    if (at < 1) {
      throw new UsageError("bad_request", `${argument}: "${text}" is not NAME=VALUE`, {
        hint: `write ${argument} user_id=1`,
      });
    }
    if (pairs.has(name)) throw new UsageError("bad_request", `${argument}: "${name}" is given twice`);
    pairs.set(name, text.slice(at + 1));
  }
  return Object.fromEntries(pairs);
}

/** Returns a TCP port; 0 lets the system choose one. */
export function portArgument(argument: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError("bad_request", `${argument}: "${text}" is not a port`, {
    hint: "a number from 0 to 65535; 0 takes a free one",
  });
}

/** What `--features` and `--service` ask for; exactly one of them must be given. */
export function askedFor(options: {
  features?: string;
  service?: string;
}): { service: string } | { features: string[] } {
  const { features, service } = options;
  if (service !== undefined && features === undefined) return { service };
  if (features !== undefined && service === undefined) return { features: listArgument("--features", features) };
  throw new UsageError("bad_request", "give either --service or --features", {
    hint: "--service delay_model, or --features view:feature,view:feature",
  });
}
