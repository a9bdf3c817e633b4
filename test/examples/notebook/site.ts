// Serves the built site on this machine, and passes /edgefeat/… on to the Worker with the write token, which no page sees.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".ts": "text/plain; charset=utf-8",
};

export interface Site {
  readonly url: string;
  close(): void;
}

export interface SiteOptions {
  /** The folder of the built site, absolute. */
  folder: string;
  /** The Worker that /edgefeat/… is passed on to, and its token. */
  worker: { readonly url: string; readonly token: string };
  /** On 127.0.0.1; 0: a free one. */
  port: number;
}

/** Returns the site once it listens. */
export async function serveSite({ folder, worker, port }: SiteOptions): Promise<Site> {
  const server = createServer((incoming, response) => {
    const path = decodeURIComponent(new URL(incoming.url ?? "/", "http://localhost").pathname);
    // Who reaches this server by another name than this machine's gets no token of it.
    if (!/^(?:127\.0\.0\.1|localhost):\d+$/.test(incoming.headers.host ?? "")) {
      response.writeHead(403).end();
    } else if (path.startsWith("/edgefeat/")) {
      passOn(incoming, response, worker);
    } else {
      void sendFile(join(folder, normalize(path === "/" ? "/index.html" : path)), response);
    }
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function passOn(incoming: IncomingMessage, response: ServerResponse, { url, token }: SiteOptions["worker"]): void {
  const { connection: _, host: __, ...headers } = incoming.headers;
  const target = url + (incoming.url ?? "").slice("/edgefeat".length);
  const options = { method: incoming.method, headers: { ...headers, authorization: `Bearer ${token}` } };
  const passed = request(target, options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passed.on("error", () => response.writeHead(502).end());
  incoming.pipe(passed);
}

async function sendFile(file: string, response: ServerResponse): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) {
    // Browsers ask for an icon, whatever the page says.
    response.writeHead(file.endsWith("favicon.ico") ? 204 : 404).end();
    return;
  }
  const type = TYPES[extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-length": found.size, "cache-control": "no-cache" });
  createReadStream(file).pipe(response);
}
