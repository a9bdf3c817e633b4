// Load whose every answer can be judged: rows that only ever count up, and a record of what was acknowledged when.
import { flightRow, NOW } from "./harness.ts";

/** Sends a request to an app, wherever it runs. */
export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Response>;

export interface Answer {
  readonly kind: "read" | "fresh read" | "write";
  /** When it began and how long it took, on the test's clock. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly status: number;
  readonly retryAfter: string | null;
  /** True when all rows were told to be STALE, as they must be when the store failed. */
  readonly stale: boolean;
}

const AIRPORTS = ["SEA", "PDX", "SFO", "LAX"] as const;
/** Far enough before *now* that no row lies in the future, near enough that none is past its TTL. */
const START = Date.parse(NOW) - 3_600_000;

/** Readers and a writer that check what they are told; the first wrong value ends the load by an error. */
export class KnownLoad {
  readonly answers: Answer[] = [];
  readonly #send: Send;
  /** By airport: the delay that was last acknowledged, and the last that was sent. */
  readonly #acknowledged = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  #running = false;
  #work: Promise<unknown> = Promise.resolve();

  constructor(send: Send) {
    this.#send = send;
  }

  /** Writes the first rows. */
  async prepare(): Promise<void> {
    for (const airport of AIRPORTS) {
      if ((await this.#write(airport)).status !== 200) throw new Error("the first rows were not written");
    }
  }

  /** Begins: so many readers of cached rows, as many of fresh ones, and a writer. */
  start(readers: number): void {
    this.#running = true;
    const loop = async (call: (airport: string) => Promise<unknown>) => {
      for (let i = 0; this.#running; i++) {
        await call(AIRPORTS[i % AIRPORTS.length] as string);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const reading = Array.from({ length: readers }, () => [
      loop((a) => this.#read(a)),
      loop((a) => this.#read(a, true)),
    ]);
    this.#work = Promise.all([...reading.flat(), loop((a) => this.#write(a))]);
    this.#work.catch(() => {
      this.#running = false;
    });
  }

  /** Ends it. @throws the first wrong answer */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#work;
  }

  /** Waits for an answer that began from now on and is as wanted. @throws the first wrong answer */
  async until(wanted: (answer: Answer) => boolean): Promise<void> {
    const from = performance.now();
    while (!this.answers.some((answer) => answer.atMs >= from && wanted(answer))) {
      if (!this.#running) await this.stop();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #write(airport: string): Promise<Answer> {
    const delay = (this.#sent.get(airport) ?? 0) + 1;
    this.#sent.set(airport, delay);
    const row = flightRow(airport, new Date(START + delay * 1_000).toISOString(), { delay });
    const answer = await this.#call("write", "POST", "/v1/rows/last_flight", { rows: [row] });
    if (answer.status === 200) this.#acknowledged.set(airport, delay);
    return answer;
  }

  async #read(airport: string, fresh = false): Promise<void> {
    const atLeast = this.#acknowledged.get(airport) as number;
    const body = { features: ["last_flight:delay"], entities: { origin: [airport] } };
    const headers = fresh ? { "cache-control": "no-cache" } : {};
    await this.#call(fresh ? "fresh read" : "read", "POST", "/v1/features", body, headers, (json) => {
      const [[delay]] = json.rows as [[number]];
      // A cached row may be old, but is one that was sent once; a fresh one holds all that was acknowledged before.
      const most = this.#sent.get(airport) as number;
      const wrong = !(delay >= (fresh ? atLeast : 1) && delay <= most);
      if (wrong) throw new Error(`${airport}: ${delay} is not from ${atLeast} to ${most}: ${JSON.stringify(json)}`);
      return json.absent.some(([, , status]: unknown[]) => status === "STALE");
    });
  }

  async #call(
    kind: Answer["kind"],
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    isStale: (json: any) => boolean = () => false,
  ): Promise<Answer> {
    const atMs = performance.now();
    const response = await this.#send(method, path, body, headers);
    const json = (await response.json()) as { code?: string };
    const { status } = response;
    const stale = status === 200 && isStale(json);
    if (status !== 200 && !(status === 503 && json.code === "store_unavailable")) {
      throw new Error(`${kind} was answered ${status}: ${JSON.stringify(json)}`);
    }
    const retryAfter = response.headers.get("retry-after");
    const answer = { kind, atMs, tookMs: performance.now() - atMs, status, retryAfter, stale };
    this.answers.push(answer);
    return answer;
  }
}
