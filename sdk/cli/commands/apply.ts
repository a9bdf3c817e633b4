// `edgefeat apply`: brings the server's registry to the definitions.
import type { Command } from "commander";
import {
  type Compiled,
  emptySnapshot,
  type Plan,
  planApply,
  snapshotHash,
  type ViewEntry,
} from "../../registry/index.ts";
import { addCommand, contextOf } from "../command.ts";
import { connect, currentRegistry } from "../connection.ts";
import { keepRegistry } from "../kept-registry.ts";
import { loadConfig } from "../load/config.ts";
import { loadDefinitions } from "../load/definitions.ts";
import { tableLines } from "../output.ts";
import { planLines, registeredLines } from "../plan-text.ts";

export function addApply(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "apply",
    purpose: "bring the server's registry to the definitions, and print the versions",
    about:
      "Replaces the registry in one step, and only if nobody else has replaced it meanwhile. Applying again changes nothing. " +
      "A view that is new or has a new version answers once it is materialized; until then its old version does. " +
      "On-demand views registered through the API stay as they are.",
    examples: [
      ["apply", "for the folder you are in"],
      ["apply --json", "and print the changes and versions as JSON"],
    ],
  }).action(async (options: { repo?: string; json?: boolean }) => {
    const { repo, out, env } = contextOf(options, signal);
    const loaded = await loadConfig(repo);
    const { project, environment } = loaded.config;
    const { compiled } = await loadDefinitions(loaded);
    const connection = await connect(loaded, env);
    const current = await currentRegistry(connection, loaded);
    const plan = planApply(current?.snapshot ?? emptySnapshot(project, environment), compiled);
    const { changes, registered, snapshot } = plan;
    const changed = current === null || snapshotHash(snapshot) !== current.hash;
    const registry = changed
      ? (await connection.admin.putRegistry(snapshot, current?.hash ?? null)).registry
      : current.hash;
    keepRegistry(repo, { hash: registry, snapshot }, "apply");
    for (const line of [...planLines(changes), ...registeredLines(registered)]) out.say(line);
    const views = viewStates(plan, compiled);
    out.say();
    for (const line of tableLines(views.map(({ view, version, state }) => [`${view}@${version}`, state])))
      out.say(line);
    if (views.some(({ state }) => state === "to be materialized")) {
      out.say("\nNext: edgefeat materialize START END, or edgefeat materialize-incremental END");
    }
    out.result({ project, environment, registry, changed, changes, registered, views });
  });
}

interface ViewState {
  view: string;
  version: number;
  state: "answers" | "to be materialized" | "answers once its inputs do";
}

/** Returns the version of every view of the definitions, or registered beside them, and whether it answers. */
function viewStates({ snapshot, registered }: Plan, compiled: Compiled): ViewState[] {
  const names = new Set([...Object.keys(compiled.views), ...registered.map(({ name }) => name)]);
  return [...names].map((view) => {
    const { latest, active } = snapshot.views[view] as ViewEntry;
    const kind = compiled.views[view]?.spec.kind ?? "onDemand";
    const waiting = kind === "onDemand" ? "answers once its inputs do" : "to be materialized";
    return { view, version: latest as number, state: latest === active ? "answers" : waiting };
  });
}
