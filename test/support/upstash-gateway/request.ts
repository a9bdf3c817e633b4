// What an HTTP request to the gateway asks for: Upstash's three body forms and its path form.

export type Asked =
  | { readonly kind: "command"; readonly command: string[] }
  | { readonly kind: "pipeline" | "transaction"; readonly commands: string[][] };

/** A request that can't be understood; its message goes into the 400 answer. */
export class BadRequest extends Error {}

/** Returns the commands of a request: `POST /`, `/pipeline`, `/multi-exec` with JSON arrays, or `/command/arg/arg`. @throws BadRequest */
export function parseRequest(url: URL, body: string): Asked {
  const path = url.pathname.replace(/\/+$/, "");
  if (path === "") return { kind: "command", command: parseCommand(parseJson(body)) };
  if (path === "/pipeline") return { kind: "pipeline", commands: parseCommands(body) };
  if (path === "/multi-exec") return { kind: "transaction", commands: parseCommands(body) };
  return { kind: "command", command: pathCommand(path, url.searchParams, body) };
}

/** `/set/key` with the value as body and `?EX=100` is SET key value EX 100. */
function pathCommand(path: string, query: URLSearchParams, body: string): string[] {
  const command = path.slice(1).split("/").map(decodePart);
  if (body !== "") command.push(body);
  for (const [name, value] of query) {
    if (name === "_token") continue;
    command.push(name);
    if (value !== "") command.push(value);
  }
  return command;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BadRequest("ERR the path is not valid percent-encoded UTF-8");
  }
}

function parseCommands(body: string): string[][] {
  const json = parseJson(body);
  if (!Array.isArray(json) || json.length === 0) throw new BadRequest("ERR expected a JSON array of commands");
  return json.map(parseCommand);
}

function parseCommand(json: unknown): string[] {
  if (!Array.isArray(json) || json.length === 0) throw new BadRequest("ERR expected a command as a JSON array");
  return json.map((argument) => {
    if (typeof argument === "string") return argument;
    if (typeof argument === "boolean") return String(argument);
    throw new BadRequest("ERR a command's arguments are strings, numbers or booleans");
  });
}

type SourceReviver = (key: string, value: unknown, context: { source: string }) => unknown;

/** Parses JSON, with numbers as they were written: 1.10 stays 1.10 and 2^63 is not rounded. */
function parseJson(body: string): unknown {
  const keepDigits: SourceReviver = (_key, value, { source }) => (typeof value === "number" ? source : value);
  try {
    return JSON.parse(body, keepDigits as (key: string, value: unknown) => unknown);
  } catch {
    throw new BadRequest("ERR failed to parse the body as JSON");
  }
}
