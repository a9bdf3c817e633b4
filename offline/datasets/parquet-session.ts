// Reads and writes one Parquet file at a time with parquet-wasm, on a thread of its own: it answers requests.
import {
  Compression,
  ParquetFile,
  type RecordBatch,
  Table,
  transformParquetStream,
  wasmMemory,
  type WriterProperties,
  WriterPropertiesBuilder,
} from "parquet-wasm/esm";

/** What the thread is asked; each request gets one reply, in order. */
export type ParquetRequest =
  | { op: "open"; file: Blob }
  | { op: "openPath"; path: string }
  | { op: "read"; columns: string[] | null }
  | { op: "next" }
  | { op: "write"; metadata: [string, string][]; rowsPerGroup: number }
  | { op: "batch"; ipc: Uint8Array }
  | { op: "finish" };

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

/** Returns what answers the requests of one thread, whose parquet-wasm is initialized. `openPath` reads a file of the host. */
export function parquetSession(
  openPath: (path: string) => Promise<Blob>,
): (request: ParquetRequest) => Promise<ParquetReply> {
  let file: ParquetFile | undefined;
  let batches: AsyncIterator<RecordBatch> | undefined;
  let sink: Sink | undefined;

  const open = async (blob: Blob): Promise<Omit<ParquetReply, "memory">> => {
    file?.free();
    file = undefined;
    await checkEnds(blob);
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
        return open(request.file);
      case "openPath":
        return open(await openPath(request.path));
      case "read": {
        const columns = request.columns === null ? {} : { columns: request.columns };
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

/** Tells the commonest faults apart before the decoder does, in plainer words. @throws Error. */
async function checkEnds(blob: Blob): Promise<void> {
  const text = async (part: Blob) => new TextDecoder().decode(await part.arrayBuffer());
  if (blob.size < 12) throw new Error(`it is ${blob.size} bytes long, and even an empty Parquet file has more`);
  const head = await text(blob.slice(0, 4));
  if (head === "PARE") throw new Error("it is encrypted");
  if (head !== "PAR1") throw new Error(`it starts with ${JSON.stringify(head)} where a Parquet file has "PAR1"`);
  if ((await text(blob.slice(-4))) !== "PAR1") throw new Error("it was cut off: its end is missing");
}

/** Encodes record batches as they come, so that no more than a row group is held. */
class Sink {
  readonly #input = new TransformStream<RecordBatch, RecordBatch>();
  readonly #writer = this.#input.writable.getWriter();
  readonly #done: Promise<void>;
  #parts: Uint8Array[] = [];
  readonly #written: Blob[] = [];
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
      this.#written.push(new Blob([part as Uint8Array<ArrayBuffer>]));
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
    // parquet-wasm 0.8 drops the batches that its writer refuses, without a word.
    const file = await ParquetFile.fromFile(new Blob(this.#written));
    const rows = file.metadata().fileMetadata().numRows();
    file.free();
    if (rows !== this.#rows) throw new Error(`the writer took ${rows} of ${this.#rows} rows`);
  }

  /** Waits for the last bytes. After an error parquet-wasm never ends its output; it waits for nothing but this thread, so turns without a byte tell. */
  async #end(): Promise<void> {
    const ended = this.#done.then(() => true);
    for (let idle = 0; idle < IDLE_TURNS; idle++) {
      const before = this.#written.length;
      const turn = new Promise<false>((resolve) => setTimeout(resolve, 0, false));
      if (await Promise.race([ended, turn])) return;
      if (this.#written.length > before) idle = 0;
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
