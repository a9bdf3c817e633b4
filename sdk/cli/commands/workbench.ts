// `edgefeat workbench`: the workbench page on this machine, with the repo's definitions and files.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { addCommand, contextOf } from "../command.ts";
import { portArgument } from "../usage.ts";

interface WorkbenchCommandOptions {
  repo?: string;
  json?: boolean;
  port: string;
  entities?: string;
}

export function addWorkbench(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "workbench",
    purpose: "open a page that builds training sets in the browser, until Ctrl-C",
    about:
      "Serves the page on 127.0.0.1 alone, with the folder's definitions and its sources' files to read; in a folder without " +
      "edgefeat.config.ts the page describes a view from dropped files. The join runs in the browser: nothing is sent anywhere.",
    examples: [
      ["workbench", "at http://127.0.0.1:8790"],
      ["workbench --entities entities.csv", "with these entity rows already chosen"],
    ],
  })
    .option("--port <n>", "the port; 0 takes a free one", "8790")
    .option("--entities <file>", "entity rows to offer")
    .action(async (options: WorkbenchCommandOptions) => {
      const { repo, out, env } = contextOf(options, signal);
      const port = portArgument("--port", options.port);
      const entities = options.entities === undefined ? null : resolve(options.entities);
      const [{ startWorkbench }, { repoAnswers }, { pageFiles }] = await Promise.all([
        import("../workbench/server.ts"),
        import("../workbench/repo-answers.ts"),
        import("../workbench/page-files.ts"),
      ]);
      const hasConfig =
        options.repo !== undefined ||
        ["ts", "mjs", "js"].some((end) => existsSync(join(repo, `edgefeat.config.${end}`)));
      const answers = hasConfig ? await repoAnswers(repo, entities, env) : null;
      const server = await startWorkbench({ port, files: await pageFiles(), repo: answers });
      out.say(`the workbench is at ${server.url}`);
      if (answers === null) out.say("  there is no edgefeat.config.ts here: describe a view from dropped files");
      out.say("  stop with Ctrl-C");
      out.result({ url: server.url, pid: process.pid });
      await new Promise<void>((wake) => {
        if (signal.aborted) wake();
        signal.addEventListener("abort", () => wake());
      });
      await server.close();
    });
}
