// An app behind a real socket, for programs that push to it by HTTP.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answered, Harness } from "../support/harness.ts";

export interface Pushed {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
  /** Of a 200. */
  readonly answer: any;
}

export interface Serving {
  readonly url: string;
  /** Each request so far. */
  readonly pushed: Pushed[];
  /** Answers for the app, the first to the next request, and so on. */
  readonly instead: Pick<Answered, "status" | "text">[];
  close(): Promise<void>;
}

export async function serveApp(h: Harness): Promise<Serving> {
  const pushed: Pushed[] = [];
  const instead: Serving["instead"] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { authorization = "", "content-type": contentType } = request.headers;
    const headers = { authorization, "content-type": contentType ?? "" };
    const answered =
      instead.shift() ?? (await h.send(request.method ?? "", request.url ?? "", new Uint8Array(body), headers));
    const { status, text } = answered;
    pushed.push({
      status,
      contentType,
      body: body.toString(),
      answer: status === 200 ? JSON.parse(text) : undefined,
    });
    response.writeHead(status, { "content-type": "application/json", ...(status < 400 ? {} : { "retry-after": "1" }) });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pushed,
    instead,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
