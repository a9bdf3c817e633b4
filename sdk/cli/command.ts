// What every command has in common: its help, --repo and --json, and what its action is given.
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { createOutput, type Output } from "./output.ts";

export interface Context {
  /** The folder of edgefeat.config.ts, absolute. */
  readonly repo: string;
  readonly out: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface CommandText {
  name: string;
  /** One line: what it is for. */
  purpose: string;
  /** More about it, for --help only. */
  about?: string;
  /** Lines that run, each with what it does. */
  examples: readonly (readonly [line: string, what: string])[];
}

/** Ends a command that has told its answer, which is no success: nothing more is printed. */
export class ToldFailure extends Error {
  override readonly name = "ToldFailure";
}

/** Returns a subcommand with its help; `program` gets it. */
export function addCommand(program: Command, text: CommandText): Command {
  const command = program.command(text.name).summary(text.purpose);
  command.description(text.about === undefined ? `${text.purpose}.` : `${text.purpose}.\n\n${text.about}`);
  command.option("--repo <dir>", "the folder of edgefeat.config.ts (default: the current folder)");
  command.option("--json", "print one JSON object on the last line of standard output, all else on standard error");
  const examples = text.examples.map(([line, what]) => `  $ edgefeat ${line}\n      ${what}`).join("\n");
  command.addHelpText("after", `\nExamples:\n${examples}\n\nExit codes: 0 done, 1 failed, 2 bad usage.`);
  return command;
}

/** Returns what a command's action is given, by its parsed options. */
export function contextOf(options: { repo?: string; json?: boolean }, signal: AbortSignal): Context {
  const { env } = process;
  return {
    repo: resolve(options.repo ?? "."),
    out: createOutput(options.json === true, isDebug(env)),
    env,
    signal,
  };
}

/** True when errors should show where they arose. */
export function isDebug(env: Readonly<Record<string, string | undefined>>): boolean {
  return !["", "0", undefined].includes(env["EDGEFEAT_DEBUG"]);
}

/** What a command does with rows that it can't use. */
export interface BadRowsOptions {
  onBadRows: "fail" | "quarantine";
}

/** Returns the option of rows that can't be used; `otherwise` says what becomes of them where they don't fail it. */
export function badRowsOption(otherwise: string): Option {
  return new Option(
    "--on-bad-rows <what>",
    `rows with a time that can't be read, or a cell that is none of its column's type: fail, or ${otherwise}`,
  )
    .choices(["fail", "quarantine"])
    .default("fail");
}
