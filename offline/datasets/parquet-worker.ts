// The entry of a Web Worker that reads and writes Parquet: a module of its own for the page's bundler.
import initWasm from "parquet-wasm/esm";
import { type ParquetReply, type ParquetRequest, parquetSession, transferOf } from "./parquet-session.ts";

/** The first message: the wasm module, which the page fetched. */
export interface ParquetStart {
  wasm: Blob;
}

/** Instead of a reply: the decoder trapped where no `catch` could hear it. */
export interface ParquetLost {
  lost: string;
}

const worker = globalThis as unknown as {
  addEventListener(type: "message", listener: (event: MessageEvent<ParquetStart | ParquetRequest>) => void): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
  postMessage(message: ParquetReply | ParquetLost, transfer: ArrayBuffer[]): void;
};

let ready: Promise<unknown> = Promise.resolve();
const answer = parquetSession();

worker.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  worker.postMessage({ lost: String(event.reason) }, []);
});

worker.addEventListener("message", async ({ data }) => {
  if ("wasm" in data) {
    ready = initWasm({ module_or_path: new Response(data.wasm) });
    return;
  }
  await ready;
  const reply = await answer(data);
  worker.postMessage(reply, transferOf(reply));
});
