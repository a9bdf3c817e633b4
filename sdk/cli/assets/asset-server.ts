// A server of the static assets on this machine: for the Worker of `edgefeat serve`, and for a browser alone.
import { type FileHandle, open } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { HOST } from "../serve/free-port.ts";
import type { AssetFolder } from "./asset-folder.ts";
import { assetHeaders } from "./asset-headers.ts";

export interface AssetServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Returns a server of a folder, on the loopback interface. It keeps no process alive. `port`: default a free one. */
export async function startAssetServer(folder: AssetFolder, port = 0): Promise<AssetServer> {
  const server = createServer((request, response) => {
    answer(folder, request, response).catch((fault: unknown) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, String(fault instanceof Error ? fault.message : fault));
    });
  });
  server.on("connection", (socket) => socket.unref());
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen({ port, host: HOST }, listening);
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      return closed;
    },
  };
}

/** A path without anything that leads out of the folder, or to what is hidden in it. */
const PATH = /^(?:\/[A-Za-z0-9][\w.-]*)+$/;

async function answer(folder: AssetFolder, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "/", headers } = request;
  if (method !== "GET" && method !== "HEAD") return refuse(response, 405, "only GET and HEAD", { allow: "GET, HEAD" });
  const [asked = ""] = url.split("?", 1);
  const path = asked.endsWith("/") ? `${asked}index.html` : asked;
  const [, part = ""] = path.split("/");
  if (!PATH.test(path) || (part !== "reference" && part !== "workbench")) return refuse(response, 404, "no such file");
  await folder.ensure(part);
  // Held open, so that what is told of it and what is sent are the same file's, whatever takes its place.
  await using file = await opened(join(folder.path, path));
  const found = await file?.stat();
  if (file === null || found === undefined || !found.isFile()) return refuse(response, 404, "no such file");
  const { size, mtimeMs } = found;
  const etag = `"${size.toString(16)}-${mtimeMs.toString(16)}"`;
  const told = { ...assetHeaders(path), etag };
  if (headers["if-none-match"]?.split(/,\s*/).some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag)) {
    response.writeHead(304, told).end();
    return;
  }
  response.writeHead(200, { ...told, "content-length": size });
  if (method === "HEAD" || size === 0) response.end();
  else await pipeline(file.createReadStream({ end: size - 1, autoClose: false }), response);
}

async function opened(path: string): Promise<FileHandle | null> {
  try {
    return await open(path);
  } catch (fault) {
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes((fault as NodeJS.ErrnoException).code ?? "")) return null;
    throw fault;
  }
}

function refuse(response: ServerResponse, status: number, words: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers });
  response.end(`${words}\n`);
}
