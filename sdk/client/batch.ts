// Concurrent reads of one row each, sent as one request of many rows.
import type { Ms } from "../time.ts";
import type { FeaturesAnswer } from "./answer.ts";
import type { Timing } from "./clock.ts";
import { type Limits, whileAnyWaits, within } from "./limits.ts";
import type { ColumnTexts, EncodedColumns, EncodedQuery } from "./query.ts";
import { rowsToResend, splitAnswer } from "./split.ts";

export interface BatchOptions {
  /** The most rows of one request; default 1,000, the server's own bound. */
  maxRows?: number;
  /**
   * How long the first read waits for others; default 0: for those of the same turn of the event loop, which costs a
   * lone read nothing. More than 0 needs a client of its own for each request that a Worker serves.
   */
  waitMs?: Ms;
}

type Answer = FeaturesAnswer<Record<string, unknown>>;
/** Sends a query with these columns in place of its own. */
export type SendQuery<C> = (
  query: EncodedQuery,
  columns: EncodedColumns,
  context: C,
  limits: Limits,
) => Promise<Answer>;

interface Reader {
  readonly query: EncodedQuery;
  readonly limits: Limits;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Batch<C> {
  readonly shape: string;
  readonly context: C;
  readonly readers: Reader[];
}

/** Gathers reads that ask for the same: of the same context, columns and options. */
export class Batcher<C> {
  readonly #open: Batch<C>[] = [];
  readonly #send: SendQuery<C>;
  readonly #timing: Timing;
  readonly #maxRows: number;
  readonly #waitMs: Ms;

  constructor(send: SendQuery<C>, timing: Timing, { maxRows = 1_000, waitMs = 0 }: BatchOptions = {}) {
    this.#send = send;
    this.#timing = timing;
    this.#maxRows = maxRows;
    this.#waitMs = waitMs;
  }

  /** Returns the answer of one row to a query of single values. @throws as if it were sent alone */
  read(query: EncodedQuery, context: C, limits: Limits): Promise<Answer> {
    const shape = shapeOf(query);
    const answer = new Promise<Answer>((resolve, reject) => {
      const open = this.#open.find((other) => other.shape === shape && other.context === context);
      const batch = open ?? this.#start(shape, context);
      batch.readers.push({ query, limits, resolve, reject });
      if (batch.readers.length >= this.#maxRows) this.#close(batch);
    });
    return within(limits, answer);
  }

  #start(shape: string, context: C): Batch<C> {
    const batch: Batch<C> = { shape, context, readers: [] };
    this.#open.push(batch);
    const close = () => this.#close(batch);
    if (this.#waitMs > 0) this.#timing.after(this.#waitMs, close);
    else void Promise.resolve().then(close);
    return batch;
  }

  #close(batch: Batch<C>): void {
    const at = this.#open.indexOf(batch);
    // It may have been full before its time.
    if (at < 0) return;
    this.#open.splice(at, 1);
    void this.#serve(batch.readers, batch.context);
  }

  /** Settles every reader; never rejects. */
  async #serve(readers: readonly Reader[], context: C): Promise<void> {
    const waiting = readers.filter(({ limits }) => !limits.signal.aborted);
    const [first] = waiting;
    if (first === undefined) return;
    try {
      const limits = whileAnyWaits(waiting.map((reader) => reader.limits) as [Limits, ...Limits[]]);
      const answer = await this.#send(first.query, columnsOf(waiting), context, limits);
      for (const [i, part] of splitAnswer(answer, waiting.length).entries()) waiting[i]?.resolve(part);
    } catch (error) {
      const parts = rowsToResend(error, waiting.length);
      if (parts.length === 0) for (const { reject } of waiting) reject(error);
      await Promise.all(
        parts.map((part) =>
          this.#serve(
            part.map((i) => waiting[i] as Reader),
            context,
          ),
        ),
      );
    }
  }
}

function shapeOf({ asked, options, noCache, entities, request }: EncodedQuery): string {
  const names = [entities, request].map((columns) => columns.map(([name]) => name));
  return `${noCache} ${asked} ${options} ${JSON.stringify(names)}`;
}

/** Returns the columns of all readers: one value a row, or the one value that all share. */
function columnsOf(readers: readonly Reader[]): EncodedColumns {
  const [{ query }] = readers as readonly [Reader];
  if (readers.length === 1) return query;
  const gather = (member: keyof EncodedColumns) =>
    query[member].map(([name], i): Gathered => {
      const texts = readers.map((reader) => (reader.query[member][i] as ColumnTexts[number])[1]);
      return { name, texts, shared: texts.every((text) => text === texts[0]) };
    });
  const entities = gather("entities");
  const request = gather("request");
  const all = [...entities, ...request];
  // Lists alone say how many rows there are.
  const counting = all.find(({ shared }) => !shared) ?? all[0];
  const encode = (columns: readonly Gathered[]): ColumnTexts =>
    columns.map((column) => {
      const { name, texts, shared } = column;
      return [name, shared && column !== counting ? (texts[0] as string) : `[${texts.join(",")}]`];
    });
  return { entities: encode(entities), request: encode(request) };
}

interface Gathered {
  readonly name: string;
  readonly texts: readonly string[];
  readonly shared: boolean;
}
