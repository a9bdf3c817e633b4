// Parameters put into SQL as exact literals: the one place where a value becomes SQL text.
import { EdgefeatError } from "../../sdk/errors.ts";
import { fitsInt64 } from "../../sdk/types/index.ts";
import type { Parameter } from "./port.ts";

// Prepared statements of duckdb-wasm take their values through JSON, which loses int64, NaN and −0, and PREPARE takes
// no CREATE TABLE AS; so placeholders are replaced, outside everything that SQL quotes. In order: a string with
// backslash escapes, a plain string, a quoted name, a dollar-quoted text, a comment, a placeholder.
const TOKENS =
  /\b[eE]'(?:[^'\\]|\\[^]|'')*'|'[^']*'|"[^"]*"|(?<![\w$\u0080-\uffff])(\$[A-Za-z_\u0080-\uffff]?[\w\u0080-\uffff]*\$)[^]*?\1|--[^\n]*|\/\*|(?<![\w$\u0080-\uffff])\$(\d+)/g;

/**
 * Returns `sql` with each $1, $2, … replaced by its parameter as a literal of exactly that value.
 * @throws sql_error when a placeholder has no parameter or a parameter no placeholder; value_out_of_range for a bigint
 * beyond int64 or text that is not Unicode.
 */
export function bindParameters(sql: string, parameters: readonly Parameter[]): string {
  const used = new Set<number>();
  let bound = "";
  let from = 0;
  TOKENS.lastIndex = 0;
  for (let match = TOKENS.exec(sql); match !== null; match = TOKENS.exec(sql)) {
    if (match[0] === "/*") {
      TOKENS.lastIndex = endOfComment(sql, match.index);
      continue;
    }
    if (match[2] === undefined) continue;
    const index = Number(match[2]) - 1;
    const parameter = parameters[index];
    if (parameter === undefined) throw wrongCount(`the query uses $${match[2]}`, parameters.length);
    used.add(index);
    bound += sql.slice(from, match.index) + literal(parameter);
    from = TOKENS.lastIndex;
  }
  if (used.size !== parameters.length) throw wrongCount(`the query uses ${used.size} of them`, parameters.length);
  return bound + sql.slice(from);
}

function wrongCount(found: string, given: number): EdgefeatError {
  return new EdgefeatError(
    "sql_error",
    `${found}, but ${given} ${given === 1 ? "parameter is" : "parameters are"} given`,
    {
      hint: "number placeholders from $1 and pass one value for each",
    },
  );
}

/** Block comments nest in DuckDB, as in Postgres. */
function endOfComment(sql: string, start: number): number {
  const edges = /\/\*|\*\//g;
  edges.lastIndex = start;
  let depth = 0;
  for (let edge = edges.exec(sql); edge !== null; edge = edges.exec(sql)) {
    depth += edge[0] === "/*" ? 1 : -1;
    if (depth === 0) return edges.lastIndex;
  }
  return sql.length;
}

/** Returns the SQL literal of a value, typed as Parameter says. */
export function literal(value: Parameter): string {
  switch (typeof value) {
    case "bigint":
      if (!fitsInt64(value)) throw new EdgefeatError("value_out_of_range", `the parameter ${value} does not fit int64`);
      return `CAST('${value}' AS BIGINT)`;
    case "number":
      return `CAST('${Object.is(value, -0) ? "-0" : value}' AS DOUBLE)`;
    case "boolean":
      return value ? "TRUE" : "FALSE";
    case "string":
      return `CAST(${text(value)} AS VARCHAR)`;
    default:
      return "NULL";
  }
}

function text(value: string): string {
  if (!value.isWellFormed()) {
    throw new EdgefeatError("value_out_of_range", "a text parameter holds half a surrogate pair", {
      hint: "text must be valid Unicode; re-encode it as UTF-8 at its source",
    });
  }
  const quoted = (part: string) => `'${part.replaceAll("'", "''")}'`;
  // A NUL ends DuckDB's query text wherever it stands.
  return value.includes("\0") ? `(${value.split("\0").map(quoted).join(" || chr(0) || ")})` : quoted(value);
}
