// A server of files on this machine, with and without ranges, that can misbehave in the ways that servers do.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Served {
  bytes: Uint8Array;
  etag?: string;
  /** Default true. */
  ranges?: boolean;
  /** Of a range, Content-Range is left out, as a page without CORS headers sees it. */
  hidesLength?: boolean;
}

/** Does something else than serve the file; returns true when it answered. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, file: Served | undefined) => boolean;

export interface ByteServer {
  readonly url: string;
  readonly files: Map<string, Served>;
  /** Ranges asked for, "GET /path bytes=0-9". */
  readonly log: string[];
  /** Bytes of bodies that were sent. */
  sent: number;
  /** Each is asked once, in turn. */
  readonly misbehaviours: Misbehaviour[];
  close(): Promise<void>;
}

export async function startByteServer(): Promise<ByteServer> {
  const files = new Map<string, Served>();
  const log: string[] = [];
  const misbehaviours: Misbehaviour[] = [];
  const http = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url as string, "http://x").pathname);
    log.push([request.method, path, request.headers.range].filter((part) => part !== undefined).join(" "));
    const file = files.get(path);
    if (misbehaviours.shift()?.(request, response, file)) return;
    answer(request, response, file);
  });
  const answer = (request: IncomingMessage, response: ServerResponse, file: Served | undefined) => {
    if (file === undefined) return void response.writeHead(404).end();
    const { bytes, etag, ranges = true } = file;
    if (etag !== undefined) response.setHeader("etag", etag);
    const range = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") : null;
    if (range === null) {
      response.setHeader("content-length", bytes.length);
      if (request.method === "HEAD") return void response.end();
      server.sent += bytes.length;
      return void response.end(bytes);
    }
    const [from, to] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
    if (from >= bytes.length) {
      return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    }
    const part = bytes.subarray(from, to + 1);
    server.sent += part.length;
    response.writeHead(206, {
      "content-length": part.length,
      ...(file.hidesLength ? {} : { "content-range": `bytes ${from}-${to}/${bytes.length}` }),
    });
    response.end(part);
  };
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server: ByteServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    files,
    log,
    sent: 0,
    misbehaviours,
    close: () =>
      new Promise((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
  return server;
}
