// One range of a URL, however many requests it takes: repeated with growing pauses, resumed where it was cut off.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";

/** What a host gives for HTTP. */
export interface HttpHost {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Returns the headers of a request, signed; by default as they are. */
  sign?: (method: "GET" | "HEAD", url: string, headers: Headers) => Promise<Headers>;
  /** Waits before a request is repeated. Default: by the host's timer. */
  wait?: (ms: Ms) => Promise<void>;
  signal?: AbortSignal | undefined;
  /** Hears of bytes as they come, for a progress display. */
  onBytes?: (bytes: number) => void;
  /** How long nothing may come before a request is given up and repeated. Default 30,000. */
  idleMs?: Ms;
}

export interface Answered {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the whole file. */
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

const TRIES = 4;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
const IDLE_MS = 30_000;

/** A fault that may be gone the next time. */
class Passing extends Error {
  readonly afterMs: Ms | undefined;

  constructor(message: string, afterMs?: Ms) {
    super(message);
    this.afterMs = afterMs;
  }
}

/**
 * Returns the bytes `from` ≤ i < `to`, fewer where the file ends before; all of the file where the server takes no
 * ranges, or where `to` is Infinity: then none is asked for.
 * @throws file_not_found, file_unreadable, cancelled.
 */
export async function fetchRange(url: URL, host: HttpHost, name: string, from: number, to: number): Promise<Answered> {
  const wait = host.wait ?? ((ms: Ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const body = new Body(to === Infinity ? 0 : to - from, host.onBytes);
  for (let failures = 0; ;) {
    const before = body.length;
    try {
      return await attempt(url, host, name, from, to, body);
    } catch (cause) {
      if (host.signal?.aborted) throw new EdgefeatError("cancelled", `cancelled while reading ${name}`, { cause });
      if (cause instanceof EdgefeatError) throw cause;
      failures = body.length > before ? 1 : failures + 1;
      if (failures >= TRIES) throw unreachable(name, cause);
      const pause = (cause as Passing).afterMs ?? FIRST_WAIT_MS * 2 ** (failures - 1);
      await wait(Math.min(pause, LONGEST_WAIT_MS));
    }
  }
}

async function attempt(
  url: URL,
  host: HttpHost,
  name: string,
  from: number,
  to: number,
  body: Body,
): Promise<Answered> {
  const idle = new IdleTimer(host.idleMs ?? IDLE_MS, host.signal);
  try {
    const range: Record<string, string> = to === Infinity ? {} : { range: `bytes=${from + body.length}-${to - 1}` };
    const response = await send("GET", url, host, idle, range);
    const about = { etag: response.headers.get("etag"), lastModified: response.headers.get("last-modified") };
    const told = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
    if (response.status === 416) {
      // An empty file has no range at all.
      if (told?.[2] === "0") return { ...about, bytes: new Uint8Array(0), sizeBytes: 0 };
      throw await refused(response, name);
    }
    if (response.status === 206) {
      if (told !== null && Number(told[1]) !== from + body.length) throw new Passing("the server sent another range");
      body.continueAs(`${about.etag} ${about.lastModified}`);
      const sizeBytes = told === null ? await sizeByHead(url, host, name, idle) : Number(told[2]);
      await body.take(response, idle, Math.min(to, sizeBytes) - from);
      return { ...about, bytes: body.bytes(), sizeBytes };
    }
    if (response.status !== 200) throw await refused(response, name);
    // The server takes no ranges: what came before of this range is in the whole file too.
    const whole = new Body(lengthOf(response) ?? 0, host.onBytes);
    await whole.take(response, idle, lengthOf(response));
    const bytes = whole.bytes();
    return { ...about, bytes, sizeBytes: bytes.length };
  } finally {
    idle.stop();
  }
}

async function send(
  method: "GET" | "HEAD",
  url: URL,
  host: HttpHost,
  idle: IdleTimer,
  headers: Record<string, string>,
): Promise<Response> {
  const plain = new Headers(headers);
  const signed = (await host.sign?.(method, url.href, plain)) ?? plain;
  const response = await host.fetch(url.href, { method, headers: signed, signal: idle.signal, cache: "no-store" });
  const { status } = response;
  if (status === 408 || status === 429 || (status >= 500 && status !== 501)) {
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    await response.body?.cancel();
    throw new Passing(`the server answered ${status}`, Number.isFinite(seconds) ? seconds * 1000 : undefined);
  }
  return response;
}

/** A page may be kept from seeing Content-Range, but not the length of a whole file. */
async function sizeByHead(url: URL, host: HttpHost, name: string, idle: IdleTimer): Promise<number> {
  const length = lengthOf(await send("HEAD", url, host, idle, {}));
  if (length !== null) return length;
  throw new EdgefeatError("file_unreadable", `the server doesn't tell how long ${name} is`, {
    hint: "let it expose Content-Range and ETag (Access-Control-Expose-Headers)",
  });
}

/** Of a body that is compressed on the way, the length counts other bytes than those that come out. */
function lengthOf({ headers, ok }: Response): number | null {
  const length = headers.get("content-length");
  return !ok || length === null || headers.has("content-encoding") ? null : Number(length);
}

async function refused(response: Response, name: string): Promise<EdgefeatError> {
  const { status } = response;
  const reason = /<Code>(\w+)<\/Code>/.exec((await response.text().catch(() => "")).slice(0, 2_000))?.[1];
  const answer = `the server answered ${status}${reason === undefined ? "" : ` (${reason})`}`;
  if (status === 404 || status === 410) {
    return new EdgefeatError("file_not_found", `there is no ${name}: ${answer}`, { details: { status } });
  }
  const hint =
    status === 401 || status === 403
      ? "check the credentials, and whether a signature in the URL has expired"
      : "check the address, and that it is a file that can be read by GET";
  return new EdgefeatError("file_unreadable", `${name} can't be read: ${answer}`, { hint, details: { status } });
}

function unreachable(name: string, cause: unknown): EdgefeatError {
  const { message, cause: inner } = cause as Error;
  const reason = inner instanceof Error && inner.message !== "" ? inner.message : message;
  return new EdgefeatError("file_unreadable", `${name} can't be read, after ${TRIES} tries: ${reason}`, {
    hint: "check the address and the network; in a browser, that the server allows this page (CORS)",
    cause,
  });
}

/** Ends a request when nothing has come for a while, or when the work is cancelled. */
class IdleTimer {
  readonly signal: AbortSignal;
  readonly #stopper = new AbortController();
  readonly #ms: Ms;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: Ms, signal: AbortSignal | undefined) {
    this.#ms = ms;
    this.signal = signal === undefined ? this.#stopper.signal : AbortSignal.any([signal, this.#stopper.signal]);
    this.restart();
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stopper.abort(new Passing(`nothing came for ${this.#ms / 1000} s`)), this.#ms);
  }

  /** Ends what is left of the request: an answer that nobody reads to its end would hold its connection, and the process. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#stopper.abort();
  }
}

/** The bytes of a range as they come, over one request or more. */
class Body {
  length = 0;
  #held: Uint8Array<ArrayBuffer>;
  #state: string | undefined;
  readonly #onBytes: HttpHost["onBytes"];

  constructor(guess: number, onBytes: HttpHost["onBytes"]) {
    this.#held = new Uint8Array(guess);
    this.#onBytes = onBytes;
  }

  /** Adds a response's body; `expected` is the length of all that there then must be, null where it isn't known. @throws Passing */
  async take({ body }: Response, idle: IdleTimer, expected: number | null): Promise<void> {
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      idle.restart();
      this.#add(value);
    }
    if (expected !== null && this.length !== expected) throw new Passing(`${this.length} of ${expected} bytes came`);
  }

  /** Says which state of the file the next bytes are of. What came before of another is forgotten. @throws Passing */
  continueAs(state: string): void {
    if (this.length > 0 && this.#state !== state) {
      this.length = 0;
      throw new Passing("the file changed");
    }
    this.#state = state;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.length === this.#held.length ? this.#held : this.#held.slice(0, this.length);
  }

  #add(chunk: Uint8Array): void {
    const length = this.length + chunk.length;
    if (length > this.#held.length) {
      const grown = new Uint8Array(Math.max(length, this.#held.length * 2));
      grown.set(this.#held);
      this.#held = grown;
    }
    this.#held.set(chunk, this.length);
    this.length = length;
    this.#onBytes?.(chunk.length);
  }
}
