// The real Worker, with routes beside it that do the least that their baselines must, in the same isolate.
import { HonoBase } from "hono/hono-base";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { createWorker, EdgefeatStore } from "../../worker/index.ts";

export { EdgefeatStore };

interface BenchEnv {
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
}

const worker = createWorker();
type Context = Parameters<typeof worker.fetch>[2];

let answer = "";

// The static route that a Worker of Hono would have, on the router that ours has.
const staticApp = new HonoBase({ router: new RegExpRouter() });
staticApp.on("POST", "/static", ({ req }) => staticAnswer(req.raw));

async function staticAnswer(request: Request): Promise<Response> {
  await request.text();
  return json(answer);
}

export default {
  async fetch(request: Request, env: BenchEnv, context: Context): Promise<Response> {
    if (request.url.endsWith("/static")) return staticApp.fetch(request);
    if (request.url.endsWith("/static-bare")) return staticAnswer(request);
    if (request.url.endsWith("/static-answer")) {
      answer = await request.text();
      return json("null");
    }
    if (request.url.endsWith("/bare-fetch")) return bareFetch(await request.text(), env);
    return worker.fetch(request, env, context);
  },
};

/** Sends a command, as the body has it, to the Redis gateway, and answers with what comes back. */
async function bareFetch(command: string, env: BenchEnv): Promise<Response> {
  const { UPSTASH_REDIS_REST_URL: url = "", UPSTASH_REDIS_REST_TOKEN: token = "" } = env;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: command });
  return json(await response.text());
}

function json(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
}
