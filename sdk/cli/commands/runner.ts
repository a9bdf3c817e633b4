// `edgefeat runner`: materializes what is queued and what is due, until it is stopped.
import { hostname } from "node:os";
import type { Command } from "commander";
import { addCommand, badRowsOption, type BadRowsOptions, contextOf, ToldFailure } from "../command.ts";
import { connect } from "../connection.ts";
import { loadConfig } from "../load/config.ts";
import { counted } from "../output.ts";
import { durationArgument, UsageError } from "../usage.ts";
import { US_PER_MS, US_PER_SECOND } from "../../time.ts";

interface RunnerCommandOptions extends BadRowsOptions {
  repo?: string;
  json?: boolean;
  once?: boolean;
  poll: string;
  lease: string;
  name: string;
}

const LONGEST_US = 3_600 * US_PER_SECOND;

export function addRunner(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "runner",
    purpose: "materialize what is queued and what is due by the views' schedules, until Ctrl-C",
    about:
      "Runs where the sources are: it asks the server for jobs, one at a time, and queues one for each view whose schedule " +
      '(schedule: "0 * * * *" in its definition: a cron line in UTC) has come, once however often it was missed. Any number ' +
      "of runners may run, here or on other machines: a view is one runner's at a time, and the job of one that is gone " +
      "waits again when its lease has run out. Ctrl-C gives the job back, and another run goes on where it stopped.",
    examples: [
      ["runner", "until it is stopped"],
      [
        "runner --poll 1m --on-bad-rows quarantine",
        "looking once a minute, and not stopped by rows that can't be read",
      ],
      ["runner --once", "all there is to do now; exits 1 where a job failed: for a crontab, or for CI"],
    ],
  })
    .option("--once", "stop when nothing waits and nothing is due")
    .option("--poll <duration>", "how often to ask for jobs, from 1s to 1h", "5s")
    .option("--lease <duration>", "how long a job stays this runner's without a sign of life, from 1s to 1h", "60s")
    .option(
      "--name <name>",
      "what the server knows it by",
      `${hostname()}-${process.pid}`.replace(/[^\w.-]/g, "-").slice(-100),
    )
    .addOption(badRowsOption("leave them out and keep them in .edgefeat/quarantine"))
    .action(async (options: RunnerCommandOptions) => {
      const pollMs = milliseconds("--poll", options.poll);
      const leaseMs = milliseconds("--lease", options.lease);
      if (!/^[\w.-]{1,100}$/.test(options.name)) {
        throw new UsageError("bad_request", "--name: expected 1 to 100 letters, digits, dots, _ and -");
      }
      const context = contextOf(options, signal);
      const { out } = context;
      const loaded = await loadConfig(context.repo);
      const { admin, target } = await connect(loaded, context.env);
      const { once = false, name, onBadRows } = options;
      if (!once) out.note(`runner ${name} takes jobs from ${target}; stop it with Ctrl-C`);
      const { runJobs } = await import("../runner/runner.ts");
      const jobs = await runJobs({ admin, context, loaded, name, once, pollMs, leaseMs, onBadRows });
      if (once)
        out.say(jobs.length === 0 ? "nothing waits, and nothing is due" : `${counted(jobs.length, "job")} done`);
      out.result({ runner: name, jobs });
      if (once && jobs.some(({ state }) => state === "failed")) throw new ToldFailure();
    });
}

function milliseconds(argument: string, text: string): number {
  const us = durationArgument(argument, text);
  if (us >= US_PER_SECOND && us <= LONGEST_US) return us / US_PER_MS;
  throw new UsageError("bad_request", `${argument}: "${text}" is not from 1s to 1h`);
}
