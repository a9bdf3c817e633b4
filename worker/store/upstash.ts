// The online store on Upstash Redis, over its REST API.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";
import { batches } from "./batches.ts";
import { foreignCursor, storeUnavailable } from "./faults.ts";
import type { OnlineStore, StoreWrite } from "./port.ts";
import { ReadSize } from "./read-size.ts";
import { redisStatus } from "./redis-memory.ts";
import { Refusal, unavailable } from "./upstash-errors.ts";
import { type Fetch, type SyncToken, UpstashRest } from "./upstash-rest.ts";
import { scriptInput, scripts, type Script } from "./upstash-script.ts";

export interface UpstashOptions {
  /** The database's REST URL: `https://….upstash.io`, or a gateway's. */
  url: string;
  token: string;
  /** How long a read may take that brings no signal of its own; default 2,000 ms. */
  readTimeoutMs?: Ms;
  /** How long a batch of writes may take; default 10,000 ms. */
  writeTimeoutMs?: Ms;
  /** Default the global one. */
  fetch?: Fetch;
  /** Shared with the store on a replica of the same database, so that it shows what was written here. */
  sync?: SyncToken;
}

const SCAN_COUNT = 1_000;
const SIDE_BY_SIDE = 2;
const TOO_LARGE = /max request size exceeded/i;

/** Returns a store on an Upstash database; each call sends its commands once. @throws config_invalid for a URL or token that can't be one. */
export function createUpstashStore(options: UpstashOptions): OnlineStore {
  const { url, token, readTimeoutMs = 2_000, writeTimeoutMs = 10_000, sync = { value: null } } = options;
  checkCredentials(url, token);
  // Looked up at each call, as it is for everybody else.
  const { fetch = (input, init) => globalThis.fetch(input, init) } = options;
  const rest = new UpstashRest({ url, token, fetch, sync });
  const size = new ReadSize();
  let chosen: Script | undefined;

  function rethrow(fault: unknown): never {
    throw unavailable(fault, token);
  }

  async function readAll(keys: readonly string[], signal: AbortSignal): Promise<(string | null)[]> {
    const body = JSON.stringify(["MGET", ...keys]);
    if (!size.fits(keys.length, body.length)) {
      const ends = size.ends(keys);
      if (ends.length > 1) return readParts(keys, ends, signal);
    }
    let reply;
    try {
      reply = await rest.send("mget", body, signal);
    } catch (fault) {
      if (keys.length === 1 || !(fault instanceof Refusal && TOO_LARGE.test(fault.message))) throw fault;
      // How large they are is learnt from the first half; the second may be many parts.
      const half = keys.length >> 1;
      const first = await readAll(keys.slice(0, half), signal);
      return first.concat(await readAll(keys.slice(half), signal));
    }
    const values = complete(reply.result as (string | null)[], keys.length);
    size.learn(keys, values, reply.chars);
    return values;
  }

  /**
   * Reads parts, all of them, or it throws: two side by side, so that one cut costs no second round trip; more one after
   * another, because an answer being read takes several times its 8 MB of memory.
   */
  async function readParts(keys: readonly string[], ends: readonly number[], signal: AbortSignal) {
    const read = (end: number, i: number) => readAll(keys.slice(ends[i - 1] ?? 0, end), signal);
    if (ends.length <= SIDE_BY_SIDE) return (await Promise.all(ends.map(read))).flat();
    const values: (string | null)[] = [];
    for (const [i, end] of ends.entries()) for (const value of await read(end, i)) values.push(value);
    return values;
  }

  async function run(name: string, command: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return (await rest.send(name, JSON.stringify(command), signal)).result;
  }

  /** Runs a script by its hash, and by its text where the server has not seen it. */
  async function evaluate({ sha, text }: Script, input: readonly string[], signal: AbortSignal): Promise<unknown> {
    try {
      return await run("evalsha", ["EVALSHA", sha, ...input], signal);
    } catch (fault) {
      if (!(fault instanceof Refusal) || !fault.message.startsWith("NOSCRIPT")) throw fault;
      return run("eval", ["EVAL", text, ...input], signal);
    }
  }

  async function write(batch: readonly StoreWrite[]): Promise<boolean[]> {
    const { keys, args } = await scriptInput(batch);
    const input = [String(keys.length), ...keys, ...args];
    const signal = AbortSignal.timeout(writeTimeoutMs);
    const [locking, plain] = scripts;
    // What this write began with: another may choose meanwhile.
    const script = chosen ?? locking;
    let flags: unknown;
    try {
      flags = await evaluate(script, input, signal);
      chosen ??= locking;
    } catch (fault) {
      if (script !== locking || !(fault instanceof Refusal)) throw fault;
      flags = await evaluate(plain, input, signal);
      chosen = plain;
    }
    return complete(flags as number[], batch.length).map((flag) => flag === 1);
  }

  return {
    async read(keys, { signal } = {}) {
      if (keys.length === 0) return [];
      return readAll(keys, signal ?? AbortSignal.timeout(readTimeoutMs)).catch(rethrow);
    },

    async compareAndSet(writes) {
      const written: boolean[] = [];
      for (const batch of batches(writes)) written.push(...(await write(batch).catch(rethrow)));
      return written;
    },

    async scan(prefix, cursor) {
      if (cursor !== null && !/^\d{1,20}$/.test(cursor)) throw foreignCursor();
      const match = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
      const command = ["SCAN", cursor ?? "0", "MATCH", match, "COUNT", SCAN_COUNT];
      const page = await run("scan", command, AbortSignal.timeout(readTimeoutMs)).catch(rethrow);
      // Redis sends the cursor as text; through JSON it might come as a number.
      const [next, keys] = complete(page as [string | number, string[]], 2);
      return { keys, cursor: String(next) === "0" ? null : String(next) };
    },

    async status() {
      const info = await run("info", ["INFO", "memory"], AbortSignal.timeout(readTimeoutMs)).catch((fault: unknown) =>
        // A database that does not tell may still serve.
        fault instanceof Refusal && !/^(WRONGPASS|NOAUTH)/.test(fault.message) ? "" : rethrow(fault),
      );
      return redisStatus(typeof info === "string" ? info : "");
    },

    stats: () => rest.stats(),
  };
}

/** Returns the list, which must have one item for each row asked about: a missing one must not pass for an absent row. */
function complete<List extends readonly unknown[]>(list: List, length: number): List {
  if (Array.isArray(list) && list.length === length) return list;
  throw storeUnavailable("unreadable", "Upstash answered about fewer rows than it was asked for", {
    hint: "check UPSTASH_REDIS_REST_URL: it must be the database's REST URL",
  });
}

/** Refuses what fetch would refuse later with the token in its message. */
function checkCredentials(url: string, token: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== "" || parsed.search !== "") {
    throw new EdgefeatError("config_invalid", "the Upstash URL is not the REST URL of a database", {
      hint: "it looks like https://name-12345.upstash.io, without credentials or query",
    });
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new EdgefeatError("config_invalid", "the Upstash token is empty or holds white space", {
      hint: "copy UPSTASH_REDIS_REST_TOKEN again, without quotes or a line end",
    });
  }
}
