// The text of a view's own SELECT: one statement, with nothing in it that would answer otherwise the next time.
import { EdgefeatError } from "../errors.ts";

export interface Select {
  /** One DuckDB query over a table that has the source's name; its columns are the view's. */
  readonly sql: string;
  /** The source's columns that the query reads; null for all. */
  readonly columns: readonly string[] | null;
}

/** Words that stand for a moment, with or without parentheses. */
const MOMENTS = new Set([
  "current_date",
  "current_time",
  "current_timestamp",
  "localtime",
  "localtimestamp",
  "current_localtime",
  "current_localtimestamp",
]);

/** Functions whose result no input decides, and those that run SQL which can't be seen here. */
const FICKLE = new Set([
  "random",
  "setseed",
  "uuid",
  "uuidv4",
  "uuidv7",
  "gen_random_uuid",
  "now",
  "today",
  "ago",
  "get_current_time",
  "get_current_timestamp",
  "transaction_timestamp",
  "nextval",
  "currval",
  "txid_current",
  "current_transaction_id",
  "current_connection_id",
  "current_query_id",
  "pg_postmaster_start_time",
  "pg_conf_load_time",
  "getenv",
  "current_setting",
  "version",
  "getvariable",
  "query",
  "query_table",
  "sleep_ms",
  "write_log",
]);

const BEGINNINGS = new Set(["select", "with", "from", "values", "("]);

interface Token {
  readonly kind: "word" | "quoted" | "text" | "mark";
  /** In lower case; of a quoted identifier what is between the quotes; nothing of a text. */
  readonly text: string;
  readonly at: number;
}

/**
 * Returns the query without what follows it.
 * @throws definition_invalid, with the position, for another statement than a query, for several, and for functions such
 *   as random() and now(), which would make online and offline differ
 */
export function checkSelect(view: string, sql: string): string {
  const tokens = [...tokensOf(sql)];
  const refuse = (what: string, hint: string, { at }: Pick<Token, "at">) =>
    new EdgefeatError("definition_invalid", `view "${view}": its select ${what}`, {
      hint,
      position: positionOf(sql, at),
    });
  const [first] = tokens;
  if (first === undefined || !BEGINNINGS.has(first.text)) {
    throw refuse("is no query", "write SELECT … FROM the source's name", first ?? { at: 0 });
  }
  const end = tokens.findIndex((token) => isMark(token, ";"));
  const beyond = end < 0 ? undefined : tokens.slice(end).find((token) => !isMark(token, ";"));
  if (beyond !== undefined) throw refuse("holds more than one statement", "leave the first query alone", beyond);
  for (const [i, token] of tokens.entries()) {
    const name = fickleness(tokens, i);
    if (name === null) continue;
    throw refuse(
      `uses ${name}, whose result no row decides`,
      "a view must say the same of the same rows whenever it is read; ages and the like belong in an on-demand view, as request_time()",
      token,
    );
  }
  return end < 0 ? sql : sql.slice(0, (tokens[end] as Token).at);
}

/** Returns what the i-th token names that no row decides; null where it is none. */
function fickleness(tokens: readonly Token[], i: number): string | null {
  const { text, kind } = tokens[i] as Token;
  const before = tokens[i - 1]?.text;
  if (kind === "word" && MOMENTS.has(text) && before !== "." && before !== "as") return text;
  if (kind === "word" && (text === "tablesample" || (text === "sample" && before === "using")))
    return text.toUpperCase();
  if (!isMark(tokens[i + 1], "(")) return null;
  if (FICKLE.has(text)) return `${text}()`;
  return text === "age" && !hasSecondArgument(tokens, i + 1) ? "age() of one moment" : null;
}

/** True when there is a comma between the parenthesis at `open` and the one that closes it. */
function hasSecondArgument(tokens: readonly Token[], open: number): boolean {
  let depth = 0;
  for (const token of tokens.slice(open)) {
    if (isMark(token, "([{")) depth++;
    else if (isMark(token, ")]}")) depth--;
    if (depth === 0) return false;
    if (isMark(token, ",") && depth === 1) return true;
  }
  return false;
}

function isMark(token: Token | undefined, oneOf: string): boolean {
  return token?.kind === "mark" && oneOf.includes(token.text);
}

const PIECE =
  /(?<space>\s+|--[^\n]*)|(?<comment>\/\*)|(?<text>[eE]'(?:\\[^]|''|[^'\\])*'?|'(?:''|[^'])*'?|(?<dollar>\$(?:[A-Za-z_]\w*)?\$))|(?<quoted>"(?:""|[^"])*"?)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|[^]/uy;

/** Yields what the query consists of, spaces and comments left out. */
function* tokensOf(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length;) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(sql) as RegExpExecArray;
    const { space, comment, text, dollar, quoted, word } = match.groups as Record<string, string | undefined>;
    let end = at + match[0].length;
    if (comment !== undefined) end = endOfComment(sql, at);
    if (dollar !== undefined) end = endOf(sql, dollar, end);
    if (text !== undefined) yield { kind: "text", text: "", at };
    else if (quoted !== undefined)
      yield { kind: "quoted", text: quoted.slice(1, -1).replaceAll('""', '"').toLowerCase(), at };
    else if (word !== undefined) yield { kind: "word", text: word.toLowerCase(), at };
    else if (space === undefined && comment === undefined) yield { kind: "mark", text: match[0], at };
    at = end;
  }
}

/** DuckDB's comments nest. */
function endOfComment(sql: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  for (let depth = 0; ;) {
    const found = mark.exec(sql);
    if (found === null) return sql.length;
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
}

function endOf(sql: string, mark: string, from: number): number {
  const at = sql.indexOf(mark, from);
  return at < 0 ? sql.length : at + mark.length;
}

function positionOf(sql: string, at: number): { line: number; column: number } {
  const lines = sql.slice(0, at).split("\n");
  return { line: lines.length, column: (lines.at(-1) as string).length + 1 };
}
