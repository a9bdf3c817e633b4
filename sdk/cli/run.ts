// The command line: every command, and how a run of one ends.
import { Command, CommanderError } from "commander";
import { EdgefeatError } from "../errors.ts";
import { isDebug, ToldFailure } from "./command.ts";
import { addApply } from "./commands/apply.ts";
import { addAudit } from "./commands/audit.ts";
import { addHistorical } from "./commands/historical.ts";
import { addInit } from "./commands/init.ts";
import { addJobs } from "./commands/jobs.ts";
import { addLog } from "./commands/log.ts";
import { addMaterialize, addMaterializeIncremental } from "./commands/materialize.ts";
import { addOnline } from "./commands/online.ts";
import { addPlan } from "./commands/plan.ts";
import { addPush } from "./commands/push.ts";
import { addRunner } from "./commands/runner.ts";
import { addReconcile } from "./commands/reconcile.ts";
import { addServe } from "./commands/serve.ts";
import { addToken } from "./commands/token.ts";
import { addWorkbench } from "./commands/workbench.ts";
import { asEdgefeatError } from "./error-text.ts";
import { createOutput, outliveReader } from "./output.ts";
import { UsageError } from "./usage.ts";
import { packageVersion } from "./version.ts";

const COMMANDS = [
  addInit,
  addPlan,
  addApply,
  addMaterialize,
  addMaterializeIncremental,
  addPush,
  addRunner,
  addJobs,
  addOnline,
  addHistorical,
  addAudit,
  addReconcile,
  addLog,
  addServe,
  addWorkbench,
  addToken,
];

const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs the command line and returns its exit code: 0 done, 1 failed, 2 bad usage. */
export async function run(args: readonly string[]): Promise<number> {
  goWhereCalled(process.env);
  outliveReader(process.stdout);
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  for (const signal of INTERRUPTS) process.once(signal, onInterrupt);
  try {
    await program(interrupt.signal).parseAsync(args, { from: "user" });
    return 0;
  } catch (fault) {
    return failed(fault, args);
  } finally {
    for (const signal of INTERRUPTS) process.removeListener(signal, onInterrupt);
  }
}

/** `npm run edgefeat` starts this in the folder of package.json, wherever it was called. */
function goWhereCalled({ npm_lifecycle_event: script, INIT_CWD: calledIn }: NodeJS.ProcessEnv): void {
  if (script === "edgefeat" && calledIn !== undefined) process.chdir(calledIn);
}

function program(signal: AbortSignal): Command {
  const root = new Command("edgefeat")
    .description("A feature store that serves at the edge and trains on the same definitions.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpCommand("help [command]", "print the help of a command")
    .helpOption("-h, --help", "print this help")
    .addHelpText(
      "after",
      "\nStart with: edgefeat init, then edgefeat serve, and in another shell plan, apply, materialize, online." +
        '\n"edgefeat COMMAND --help" explains a command, with examples.',
    );
  for (const add of COMMANDS) add(root, signal);
  // Commander's own words for bad usage become ours, so that every error has one form.
  for (const command of [root, ...root.commands, ...root.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride();
    command.configureOutput({ outputError: () => {} });
    command.configureHelp({ helpWidth: Math.min(100, process.stdout.columns ?? 100) });
  }
  return root;
}

function failed(fault: unknown, args: readonly string[]): number {
  const out = createOutput(args.includes("--json"), isDebug(process.env));
  if (fault instanceof CommanderError) {
    // Help and version were asked for, and printed.
    if (fault.exitCode === 0) return 0;
    if (fault.code !== "commander.help") out.fail(usageError(fault, args[0]));
    return 2;
  }
  if (fault instanceof ToldFailure) return 1;
  const error = asEdgefeatError(fault);
  out.fail(error);
  return error instanceof UsageError ? 2 : 1;
}

/** Commander's message says what is wrong and, on a line of its own, what may have been meant. */
function usageError({ message, code }: CommanderError, command = "-"): EdgefeatError {
  const [what = "", suggestion] = message.replace(/^error: /, "").split("\n");
  const of = code === "commander.unknownCommand" || command.startsWith("-") ? "" : `${command} `;
  const hint = suggestion?.replace(/^\(|\)$/g, "").replace(/^Did/, "did") ?? `see "edgefeat ${of}--help"`;
  return new EdgefeatError("bad_request", what, { hint });
}
