// The workbench page on this machine: its files and, read-only, a repo's; for this machine's browser and for no other site's pages.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import type { WorkbenchFile } from "../../../offline/workbench/build.ts";
import { EdgefeatError } from "../../errors.ts";
import { contentType, EVERY, ISOLATED } from "../assets/asset-headers.ts";
import { errorJson } from "../error-text.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' data:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  ...ISOLATED,
  ...EVERY,
  "content-security-policy": POLICY,
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

export interface RepoAnswers {
  /** JSON for repo.json; called at each visit, so that changed definitions are seen. */
  describe(): Promise<object>;
  /** The definitions as a module. */
  definitions(): Promise<string>;
  /** The path of a file behind "/repo-files/…", or undefined. */
  path(url: string): string | undefined;
}

export interface WorkbenchServerOptions {
  port: number;
  files: readonly WorkbenchFile[];
  /** null: there is no repo, and the page works from dropped files alone. */
  repo: RepoAnswers | null;
}

export interface WorkbenchServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts serving. @throws server_failed when the port is taken */
export async function startWorkbench({ port, files, repo }: WorkbenchServerOptions): Promise<WorkbenchServer> {
  const answer = createAnswer(files, repo);
  const server = createServer((request, response) => {
    void answer(request, response, (server.address() as AddressInfo).port).catch(() => response.destroy());
  });
  await listening(server, port);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      reject(
        new EdgefeatError(
          "server_failed",
          `the workbench can't listen on port ${port}: ${taken ? "it is taken" : cause.message}`,
          {
            hint: "choose another with --port, or --port 0 for a free one",
            cause,
          },
        ),
      );
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

type Answer = (request: IncomingMessage, response: ServerResponse, port: number) => Promise<void>;

function createAnswer(files: readonly WorkbenchFile[], repo: RepoAnswers | null): Answer {
  const byPath = new Map(files.map((file) => [`/${file.path}`, file]));
  const made = new Map<string, Promise<Uint8Array>>();
  const bytesOf = (path: string, file: WorkbenchFile) => {
    const bytes =
      made.get(path) ??
      file.bytes().then((b) => (path === "/index.html" ? withHost(b, repo === null ? "local" : "repo") : b));
    made.set(path, bytes);
    // A file that could not be made is tried again.
    bytes.catch(() => made.delete(path));
    return bytes;
  };
  return async (request, response, port) => {
    const send = (status: number, type: string, body: Uint8Array | string) => {
      response.writeHead(status, { ...HEADERS, "content-type": type, "content-length": Buffer.byteLength(body) });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (!isOurs(request, port)) return send(403, "text/plain", "This is for the pages of this address alone.\n");
    if (request.method !== "GET" && request.method !== "HEAD") return send(405, "text/plain", "It can only be read.\n");
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname === "/" ? "/index.html" : pathname;
    const file = byPath.get(path);
    if (file !== undefined) return send(200, contentType(path), await bytesOf(path, file));
    if (repo !== null && path === "/repo.json")
      return sendMade(send, "application/json", async () => JSON.stringify(await repo.describe()));
    if (repo !== null && path === "/repo-definitions.js")
      return sendMade(send, contentType(path), () => repo.definitions());
    const data = repo?.path(pathname);
    if (data !== undefined) return sendFile(response, data, request.method === "HEAD");
    return send(404, "text/plain", "There is nothing here.\n");
  };
}

/**
 * True for requests that name this address as their host, so that no other name can be made to point here (DNS rebinding), and that
 * no other site's page made.
 */
export function isOurs({ headers, url }: Pick<IncomingMessage, "headers" | "url">, port: number): boolean {
  // Browsers leave out the port that is every site's.
  const hosts = ["127.0.0.1", "localhost"].flatMap((host) => [`${host}:${port}`, ...(port === 80 ? [host] : [])]);
  if (headers.host === undefined || !hosts.includes(headers.host)) return false;
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) return false;
  const site = headers["sec-fetch-site"];
  // A link to the page may stand anywhere.
  const isVisit = headers["sec-fetch-mode"] === "navigate" && url === "/";
  return site === undefined || site === "same-origin" || site === "none" || isVisit;
}

async function sendMade(
  send: (status: number, type: string, body: string) => void,
  type: string,
  make: () => Promise<string>,
): Promise<void> {
  try {
    send(200, type, await make());
  } catch (fault) {
    const error = fault instanceof EdgefeatError ? fault : new EdgefeatError("internal_error", String(fault));
    send(500, "application/json", JSON.stringify(errorJson(error)));
  }
}

async function sendFile(response: ServerResponse, path: string, headOnly: boolean): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: -1 }));
  if (size < 0) {
    response.writeHead(404, HEADERS);
    response.end();
    return;
  }
  response.writeHead(200, { ...HEADERS, "content-type": "application/octet-stream", "content-length": size });
  if (headOnly) response.end();
  // Not pipe, which leaves the file open when the page goes away.
  else await pipeline(createReadStream(path), response).catch(() => response.destroy());
}

function withHost(page: Uint8Array, host: "repo" | "local"): Uint8Array {
  const text = Buffer.from(page).toString("utf8");
  return Buffer.from(text.replace('name="edgefeat-host" content="worker"', `name="edgefeat-host" content="${host}"`));
}
