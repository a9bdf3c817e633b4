// An HTTP server that answers as told, for what a real database does too seldom: refusals, silence, odd bodies.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeRequest {
  command: unknown[];
  headers: NodeJS.Dict<string | string[]>;
}

export interface FakeUpstash {
  readonly url: string;
  /** What has been asked so far. */
  readonly requests: FakeRequest[];
  close(): Promise<void>;
}

/** Starts a server that lets `answer` answer each request; one that does nothing leaves the client waiting. */
export async function startFakeUpstash(
  answer: (request: FakeRequest, response: ServerResponse) => void,
): Promise<FakeUpstash> {
  const requests: FakeRequest[] = [];
  const server = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8");
    message.on("data", (chunk: string) => (body += chunk));
    message.on("end", () => {
      const request = { command: JSON.parse(body) as unknown[], headers: message.headers };
      requests.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
