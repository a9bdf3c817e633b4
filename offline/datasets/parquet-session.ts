// Reads and writes one Parquet file at a time with parquet-wasm, on a thread of its own: it answers requests.
import initWasm, {
  Compression,
  ParquetFile,
  type RecordBatch,
  Table,
  transformParquetStream,
  wasmMemory,
  type WriterProperties,
  WriterPropertiesBuilder,
} from "parquet-wasm/esm";

import { inBlocks } from "./blocks.ts";

/** What the thread is asked; each request gets one reply, in order. A file's bytes come through the port that "open" brings. */
export type ParquetRequest =
  | { op: "open"; sizeBytes: number; port: MessagePort }
  | { op: "read"; columns: string[] | null }
  | { op: "next" }
  | { op: "write"; columns: number; metadata: [string, string][]; rowsPerGroup: number }
  | { op: "batch"; ipc: Uint8Array }
  | { op: "finish" };

/** What the thread asks for through a file's port, one range at a time or many. */
export interface RangeRequest {
  id: number;
  from: number;
  to: number;
}

/** The answer to a RangeRequest. There is none for bytes that can't be read: then the thread is ended. */
export interface RangeReply {
  id: number;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface ParquetReply {
  /** What went wrong, in parquet-wasm's words. */
  error?: string;
  /** An Arrow IPC stream: the schema after "open", the next rows after "next" (absent at the end). */
  ipc?: Uint8Array;
  /** After "open". */
  rows?: number;
  metadata?: [string, string][];
  /** The file's bytes so far, after "batch" and "finish". */
  parts?: Uint8Array[];
  /** Bytes of wasm memory, which never shrinks. */
  memory: number;
}

const ROWS_PER_BATCH = 131_072;
const IDLE_TURNS = 100;

/** Returns what answers the requests of one thread, whose parquet-wasm is initialized. */
export function parquetSession(): (request: ParquetRequest) => Promise<ParquetReply> {
  let file: ParquetFile | undefined;
  let batches: AsyncIterator<RecordBatch> | undefined;
  let sink: Sink | undefined;

  const open = async (blob: Blob): Promise<Omit<ParquetReply, "memory">> => {
    file?.free();
    file = undefined;
    file = await ParquetFile.fromFile(blob);
    const metadata = file.metadata().fileMetadata();
    return {
      ipc: file.schema().intoIPCStream(),
      rows: metadata.numRows(),
      metadata: [...(metadata.keyValueMetadata() as Map<string, string>)].filter(([key]) => key !== "ARROW:schema"),
    };
  };

  const answer = async (request: ParquetRequest): Promise<Omit<ParquetReply, "memory">> => {
    switch (request.op) {
      case "open":
        return open(rangeBlob(request.sizeBytes, rangesOf(request.port)));
      case "read": {
        const columns = request.columns === null ? {} : { columns: request.columns };
        await reserve(request.columns?.length ?? columnsIn(file as ParquetFile));
        const stream = await (file as ParquetFile).stream({ batchSize: ROWS_PER_BATCH, ...columns });
        batches = (stream as ReadableStream<RecordBatch>)[Symbol.asyncIterator]();
        return {};
      }
      case "next": {
        const next = await (batches as AsyncIterator<RecordBatch>).next();
        if (!next.done) return { ipc: next.value.intoIPCStream() };
        file?.free();
        file = undefined;
        return {};
      }
      case "write":
        await reserve(request.columns);
        sink = new Sink(request.metadata, request.rowsPerGroup);
        return {};
      case "batch":
        await (sink as Sink).add(request.ipc);
        return { parts: (sink as Sink).take() };
      case "finish":
        await (sink as Sink).finish();
        return { parts: (sink as Sink).take() };
    }
  };

  return async (request) => {
    const memory = () => wasmMemory().buffer.byteLength;
    try {
      return { ...(await answer(request)), memory: memory() };
    } catch (cause) {
      return { error: cause instanceof Error ? cause.message : String(cause), memory: memory() };
    }
  };
}

/** What the codec of one column takes, about. */
const COLUMN_BYTES = 200_000;
const MOST_RESERVED_BYTES = 2 ** 31;

/**
 * Makes room for the columns at once. The allocator grows its memory by what it needs at the moment, and each time takes a
 * millisecond or so: a file of 10,000 columns took a minute to write, and takes a few seconds with the room made before.
 */
async function reserve(columns: number): Promise<void> {
  const wasm = await initWasm();
  const bytes = Math.min(columns * COLUMN_BYTES, MOST_RESERVED_BYTES);
  wasm.__wbindgen_free(wasm.__wbindgen_malloc(bytes, 1), bytes, 1);
}

function columnsIn(file: ParquetFile): number {
  const metadata = file.metadata();
  return metadata.numRowGroups() === 0 ? 0 : metadata.rowGroup(0).numColumns();
}

type ReadRange = (from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Returns how ranges are asked for through a port. */
function rangesOf(port: MessagePort): ReadRange {
  const waiting = new Map<number, (bytes: Uint8Array<ArrayBuffer>) => void>();
  let last = 0;
  port.addEventListener("message", ({ data }: MessageEvent<RangeReply>) => {
    waiting.get(data.id)?.(data.bytes);
    waiting.delete(data.id);
  });
  port.start();
  return (from, to) =>
    new Promise((resolve) => {
      const request: RangeRequest = { id: ++last, from, to };
      waiting.set(request.id, resolve);
      port.postMessage(request);
    });
}

/** Returns as much of a Blob as parquet-wasm uses: its size, and slices that are read when they are asked for. */
function rangeBlob(size: number, readRange: ReadRange): Blob {
  const read = inBlocks(size, readRange);
  const slice = (from: number, to: number) => ({
    size: to - from,
    async arrayBuffer() {
      const { bytes, shared } = await read(from, to);
      return shared ? bytes.slice().buffer : bytes.buffer;
    },
  });
  return { size, slice } as unknown as Blob;
}

/** Encodes record batches as they come, so that no more than a row group is held. */
class Sink {
  readonly #input = new TransformStream<RecordBatch, RecordBatch>();
  readonly #writer = this.#input.writable.getWriter();
  readonly #done: Promise<void>;
  #parts: Uint8Array[] = [];
  #written = 0;
  #rows = 0;

  constructor(metadata: [string, string][], rowsPerGroup: number) {
    const properties = new WriterPropertiesBuilder()
      .setCompression(Compression.ZSTD)
      .setMaxRowGroupSize(rowsPerGroup)
      .setKeyValueMetadata(new Map(metadata))
      .setCreatedBy("edgefeat")
      .build();
    this.#done = this.#collect(properties);
    // Heard by `add` and `finish`.
    this.#done.catch(() => {});
  }

  async #collect(properties: WriterProperties): Promise<void> {
    const output: ReadableStream<Uint8Array> = await transformParquetStream(this.#input.readable, properties);
    for await (const part of output) {
      this.#written += part.length;
      this.#parts.push(part);
    }
  }

  async add(ipc: Uint8Array): Promise<void> {
    for (const batch of Table.fromIPCStream(ipc).recordBatches()) {
      this.#rows += batch.numRows;
      await Promise.race([this.#writer.write(batch), this.#done]);
    }
  }

  async finish(): Promise<void> {
    await this.#writer.close();
    await this.#end();
    // parquet-wasm 0.8 drops the batches that its writer refuses, without a word. The footer is among the last parts.
    const tail = new Blob(this.#parts as Uint8Array<ArrayBuffer>[]);
    const start = this.#written - tail.size;
    const slice = (from: number, to: number) => tail.slice(from - start, to - start);
    const file = await ParquetFile.fromFile({ size: this.#written, slice } as unknown as Blob);
    const rows = file.metadata().fileMetadata().numRows();
    file.free();
    if (rows !== this.#rows) throw new Error(`the writer took ${rows} of ${this.#rows} rows`);
  }

  /** Waits for the last bytes. After an error parquet-wasm never ends its output; it waits for nothing but this thread, so turns without a byte tell. */
  async #end(): Promise<void> {
    const ended = this.#done.then(() => true);
    for (let idle = 0; idle < IDLE_TURNS; idle++) {
      const before = this.#written;
      const turn = new Promise<false>((resolve) => setTimeout(resolve, 0, false));
      if (await Promise.race([ended, turn])) return;
      if (this.#written > before) idle = 0;
    }
    throw new Error("the writer stopped before the end");
  }

  /** Returns the bytes that are ready, and forgets them. */
  take(): Uint8Array[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }
}

/** Returns the buffers of a reply, to be moved to the other thread instead of copied. */
export function transferOf(reply: ParquetReply): ArrayBuffer[] {
  return [...(reply.ipc === undefined ? [] : [reply.ipc]), ...(reply.parts ?? [])].map(
    (bytes) => bytes.buffer as ArrayBuffer,
  );
}
