// Patterns of paths: * and ? within a name, ** over folders, {a,b} and [a-z].

const SPECIAL = /[*?{[]/;

export interface PathPattern {
  /** What comes before the first name that is a pattern, without a slash at its end. */
  readonly base: string;
  /** Matches a path relative to the base. */
  readonly matches: (path: string) => boolean;
}

export function isPattern(path: string): boolean {
  return SPECIAL.test(path);
}

/** Returns a path's pattern, or null for one that names a single file or folder. Parts are between slashes. */
export function patternOf(path: string): PathPattern | null {
  const parts = path.split("/");
  const first = parts.findIndex((part) => SPECIAL.test(part));
  if (first < 0) return null;
  const expression = new RegExp(`^${source(parts.slice(first).join("/"))}$`, "s");
  return { base: parts.slice(0, first).join("/"), matches: (relative) => expression.test(relative) };
}

/** Each token of a pattern and the regular expression it stands for; anything else is itself. */
const TOKENS = /\*\*\/|\*\*|\*|\?|\[!?[^\]]+\]|\{[^{}]*\}|[^]/gu;

function source(pattern: string): string {
  return pattern.replace(TOKENS, (token) => {
    if (token === "**/") return "(?:[^/]+/)*";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.length > 1 && token.startsWith("[")) {
      return `[${token.startsWith("[!") ? "^/" : ""}${token.slice(token.startsWith("[!") ? 2 : 1, -1).replaceAll("\\", "\\\\")}]`;
    }
    if (token.length > 1 && token.startsWith("{")) return `(?:${token.slice(1, -1).split(",").map(source).join("|")})`;
    return token.replace(/[\\^$.*+?()[\]{}|]/, "\\$&");
  });
}

/** True for a path below a source's folder that writers leave beside the data: `_SUCCESS`, `.part-0.crc`, `_temporary/…`. */
export function isHidden(path: string): boolean {
  return path.split("/").some((part) => /^[._]/.test(part) && !part.includes("="));
}
