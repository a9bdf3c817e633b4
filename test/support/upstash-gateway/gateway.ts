// An HTTP server that speaks Upstash's REST protocol for any Redis: `@upstash/redis` works with it unchanged.
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ErrorReply } from "@redis/client";
import { connectRedis, type RedisConnection } from "./connection.ts";
import { encodeError, encodeReply, type Encoding } from "./encode.ts";
import { BadRequest, parseRequest, type Asked } from "./request.ts";
import { catchUp, syncToken } from "./sync-token.ts";

export interface GatewayOptions {
  /** `redis://[user:password@]host:port[/database]` */
  redisUrl: string;
  /** Clients send it as `Authorization: Bearer …` or `?_token=…`. */
  token: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** Default 127.0.0.1: put a TLS proxy in front to serve others. */
  host?: string;
  /** Larger requests are refused, and so are those whose answer is larger; default 10 MiB, Upstash's limit. */
  maxRequestBytes?: number;
  /** Answers with sync tokens, and waits for those that come with requests: two more commands a request; default false. */
  syncTokens?: boolean;
}

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a gateway. @throws when Redis is not reachable or the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { redisUrl, port = 0, host = "127.0.0.1" } = options;
  const settings = { maxRequestBytes: 10 * 1024 * 1024, syncTokens: false, ...options };
  const redis = await connectRedis(redisUrl);
  const server = createServer((request, response) => {
    void answer(request, redis, settings)
      .then((whole) => checkSize(whole, settings.maxRequestBytes))
      .catch((fault: unknown) => failure(fault))
      .then((whole) => send(response, whole));
  });
  server.listen(port, host);
  await once(server, "listening").catch(async (fault: unknown) => {
    await redis.close();
    throw fault;
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await redis.close();
    },
  };
}

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

async function answer(
  request: IncomingMessage,
  redis: RedisConnection,
  { token, maxRequestBytes, syncTokens }: Required<Pick<GatewayOptions, "token" | "maxRequestBytes" | "syncTokens">>,
): Promise<Answer> {
  if (!["GET", "HEAD", "POST", "PUT"].includes(request.method ?? "")) {
    return { status: 405, body: encodeError("ERR method not allowed") };
  }
  const url = URL.parse(`http://gateway${request.url}`);
  if (url === null) throw new BadRequest("ERR the path is not valid");
  const given = /^Bearer (.*)$/i.exec(request.headers.authorization ?? "")?.[1] ?? url.searchParams.get("_token");
  if (given === null || !sameSecret(given, token)) {
    return { status: 401, body: encodeError("WRONGPASS invalid or missing auth token") };
  }
  const encoding = request.headers["upstash-encoding"] === "base64" ? "base64" : "utf8";
  const asked = parseRequest(url, await readBody(request, maxRequestBytes));
  if (!syncTokens) return execute(asked, redis, encoding);
  await catchUp(redis, request.headers["upstash-sync-token"]);
  const done = await execute(asked, redis, encoding);
  return { ...done, headers: { "upstash-sync-token": await syncToken(redis) } };
}

async function execute(asked: Asked, redis: RedisConnection, encoding: Encoding): Promise<Answer> {
  if (asked.kind === "command") {
    const reply = await redis.run(asked.command);
    return { status: reply instanceof ErrorReply ? 400 : 200, body: encodeReply(reply, encoding) };
  }
  const replies =
    asked.kind === "pipeline"
      ? await Promise.all(asked.commands.map((command) => redis.run(command)))
      : await redis.runAtomically(asked.commands);
  if (replies instanceof ErrorReply) return { status: 400, body: encodeReply(replies, encoding) };
  return { status: 200, body: `[${replies.map((reply) => encodeReply(reply, encoding)).join(",")}]` };
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw new BadRequest(sizeExceeded(maxBytes, size));
  return Buffer.concat(chunks).toString("utf8");
}

function checkSize(whole: Answer, maxBytes: number): Answer {
  const bytes = Buffer.byteLength(whole.body);
  if (bytes <= maxBytes) return whole;
  throw new BadRequest(sizeExceeded(maxBytes, bytes));
}

function sizeExceeded(maxBytes: number, bytes: number): string {
  return `ERR max request size exceeded. Limit: ${maxBytes} bytes, Actual: ${bytes} bytes`;
}

function failure(fault: unknown): Answer {
  if (fault instanceof BadRequest) return { status: 400, body: encodeError(fault.message) };
  const reason = fault instanceof Error ? fault.message : "unknown fault";
  return { status: 502, body: encodeError(`ERR Redis is not reachable: ${reason}`) };
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const own = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...own, ...headers });
  response.end(body);
}

/** Compares without telling by its duration how much of a guess was right. */
function sameSecret(given: string, token: string): boolean {
  return timingSafeEqual(createHash("sha256").update(given).digest(), createHash("sha256").update(token).digest());
}
