// Upstash's REST protocol, as much of it as the store needs: one command in, its result out, over a given `fetch`.
//
// Ours rather than @upstash/redis, because reads are what a feature store is measured by: that client is 17 kB of a bundle
// limited to 100, and a read of 1, 10 or 100 keys through it cost 49 to 63 µs of CPU in workerd beyond a bare fetch of some
// 240; through this, guard and time limit included, 16 to 29 (medians of 60 interleaved rounds). Its pipelines, base64
// answers and typed commands are of no use to packed rows.
import { NO_STATS } from "./counted.ts";
import type { StoreStats } from "./port.ts";
import { refusal, unavailable, unreadable } from "./upstash-errors.ts";

/** What of `fetch` is used. */
export type Fetch = (request: Request, init: { body: string; signal: AbortSignal }) => Promise<Response>;

/** What the last write answered; sent along with reads, so that a replica catches up with it first. */
export interface SyncToken {
  value: string | null;
}

export interface UpstashConnection {
  url: string;
  token: string;
  fetch: Fetch;
  sync: SyncToken;
}

/** How a command went. */
interface Reply {
  readonly result: unknown;
  /** The length of the answer's text. */
  readonly chars: number;
}

export class UpstashRest {
  readonly #connection: UpstashConnection;
  readonly #commands: Record<string, number> = {};
  /** What all requests have alike, made once: its headers alone would take a tenth of a read's time to make anew. */
  #template: Request | null = null;
  #templateToken: string | null = null;
  #sentChars = 0;
  #receivedChars = 0;

  constructor(connection: UpstashConnection) {
    this.#connection = connection;
  }

  /**
   * Sends a command, given as its name and as the JSON text of the whole, and returns its result.
   * @throws Refusal in Redis's own words, or store_unavailable
   */
  async send(name: string, body: string, signal: AbortSignal): Promise<Reply> {
    const { token, fetch: ask, sync } = this.#connection;
    if (this.#template === null || sync.value !== this.#templateToken) {
      this.#template = this.#templateWith(sync.value);
      this.#templateToken = sync.value;
    }
    this.#commands[name] = (this.#commands[name] ?? 0) + 1;
    this.#sentChars += body.length;
    let response: Response;
    let text: string;
    try {
      response = await ask(this.#template, { body, signal });
      text = await response.text();
    } catch (fault) {
      throw unavailable(fault, token);
    }
    this.#receivedChars += text.length;
    const answer = parsed(text);
    if (response.ok && answer !== null && "result" in answer) {
      // Not of reads: one that began before a write, and ended after it, would bring the older token back.
      if (name.startsWith("eval")) sync.value = response.headers.get("upstash-sync-token") ?? sync.value;
      return { result: answer.result, chars: text.length };
    }
    const words = answer?.error;
    // A proxy or a gateway that has lost its Redis says so in JSON too: only the database itself refuses.
    if (typeof words !== "string" || response.status >= 500) throw unreadable(response.status);
    throw refusal(words);
  }

  stats(): StoreStats {
    const bytes = { sentBytes: this.#sentChars, receivedBytes: this.#receivedChars };
    return { ...NO_STATS, commands: { ...this.#commands }, ...bytes };
  }

  #templateWith(syncToken: string | null): Request {
    const { url, token } = this.#connection;
    const headers = new Headers({ authorization: `Bearer ${token}`, "content-type": "application/json" });
    if (syncToken !== null) headers.set("upstash-sync-token", syncToken);
    // A redirect would take the token along.
    return new Request(url, { method: "POST", headers, redirect: "manual" });
  }
}

function parsed(text: string): { result?: unknown; error?: unknown } | null {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" && answer !== null ? answer : null;
  } catch {
    return null;
  }
}
