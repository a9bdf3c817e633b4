// `edgefeat serve`: the Worker on this machine, until it is stopped.
import { resolve } from "node:path";
import type { Command } from "commander";
import { EdgefeatError } from "../../errors.ts";
import { formatTime } from "../../time.ts";
import { addCommand, contextOf } from "../command.ts";
import { startServer } from "../serve/index.ts";
import { portArgument, timeArgument } from "../usage.ts";

interface ServeCommandOptions {
  repo?: string;
  json?: boolean;
  port: string;
  data?: string;
  now?: string;
  worker?: string[];
}

export function addServe(program: Command, signal: AbortSignal): void {
  const collect = (file: string, files: string[] = []) => [...files, file];
  addCommand(program, {
    name: "serve",
    purpose: "run the Worker on this machine, with its rows on disk, until Ctrl-C",
    about:
      "Listens on 127.0.0.1 alone; reads need no token, writes need the one that is left with the address in " +
      ".edgefeat/serve.json, where the other commands find both. A set EDGEFEAT_TOKEN is used as the token. A Worker of " +
      "your own runs beside it, at the next port: with a service binding FEATURES, and the bindings of the store itself.",
    examples: [
      ["serve", "at http://127.0.0.1:8787, rows in .edgefeat/data"],
      ["serve --port 0 --now 2024-03-01T00:00:00Z", "at a free port, with the clock standing still at that time"],
      ["serve --worker src/rank.ts", "and your own Worker, which calls env.FEATURES.get(…), at http://127.0.0.1:8788"],
    ],
  })
    .option("--port <n>", "the port; 0 takes a free one", "8787")
    .option("--data <dir>", "where rows are kept between runs (default: .edgefeat/data in the repo folder)")
    .option("--now <time>", "freeze the clock at an RFC 3339 time with a zone")
    .option("--worker <file>", "run this Worker of yours too; may be given several times", collect)
    .action(async (options: ServeCommandOptions) => {
      const { repo, out, env } = contextOf(options, signal);
      const files = options.worker ?? [];
      const port = portArgument("--port", options.port);
      const nowUs = options.now === undefined ? undefined : timeArgument("--now", options.now);
      const server = await startServer({
        repo,
        port,
        env,
        workers: files.map((file) => resolve(file)),
        log: (line) => out.note(line),
        ...(options.data === undefined ? {} : { dataDir: resolve(options.data) }),
        ...(nowUs === undefined ? {} : { nowUs }),
      });
      out.say(`serving at ${server.url}${nowUs === undefined ? "" : `, with the clock at ${formatTime(nowUs)}`}`);
      out.say(`  curl ${server.url}/health`);
      const workers = files.map((file, i) => ({ file, url: server.workerUrls[i] as string }));
      for (const { file, url } of workers) out.say(`  ${file} at ${url}`);
      out.say("  stop with Ctrl-C");
      out.result({
        url: server.url,
        pid: process.pid,
        now: nowUs === undefined ? null : formatTime(nowUs),
        workers,
      });
      const stopped = new Promise<null>((wake) => {
        if (signal.aborted) wake(null);
        signal.addEventListener("abort", () => wake(null));
      });
      const ended = await Promise.race([server.ended, stopped]);
      if (ended === null) return server.close();
      throw new EdgefeatError(
        "server_failed",
        `workerd ended by itself (exit code ${ended.code}): ${ended.words.trim()}`,
        {
          hint: "start it again; its rows are on disk",
        },
      );
    });
}
