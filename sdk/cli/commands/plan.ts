// `edgefeat plan`: what apply would change, without changing it.
import type { Command } from "commander";
import { emptySnapshot, planApply } from "../../registry/index.ts";
import { addCommand, contextOf } from "../command.ts";
import { connect, currentRegistry } from "../connection.ts";
import { loadConfig } from "../load/config.ts";
import { loadDefinitions } from "../load/definitions.ts";
import { planLines, registeredLines } from "../plan-text.ts";

export function addPlan(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "plan",
    purpose: "show what apply would change on the server, and change nothing",
    about:
      "Compiles the definitions, checks them against the columns of their sources' files, and compares them with the server's " +
      "registry: views to add, to give a new version (breaking, or only adding features) or to restore, the services that " +
      "each change touches, and what must be materialized before it answers. On-demand views registered through the API stay.",
    examples: [
      ["plan", "for the folder you are in"],
      ["plan --repo shop --json", 'for the folder "shop", as JSON'],
    ],
  }).action(async (options: { repo?: string; json?: boolean }) => {
    const { repo, out, env } = contextOf(options, signal);
    const loaded = await loadConfig(repo);
    const { project, environment } = loaded.config;
    const { compiled } = await loadDefinitions(loaded);
    const connection = await connect(loaded, env);
    const current = await currentRegistry(connection, loaded);
    const { changes, registered } = planApply(current?.snapshot ?? emptySnapshot(project, environment), compiled);
    out.say(
      `${project}/${environment} at ${connection.target}${current === null ? ", which has no registry yet" : ""}`,
    );
    for (const line of [...planLines(changes), ...registeredLines(registered)]) out.say(line);
    out.result({ project, environment, registry: current?.hash ?? null, changes, registered });
  });
}
