// What users can do, in one object for the panels: each a change of the state and the work that follows from it.
import { type AskActions, askActions } from "./actions/ask.ts";
import { type AuditFileActions, auditFileActions } from "./actions/audit-file.ts";
import { type BuildActions, buildActions } from "./actions/build.ts";
import { type DefinitionActions, definitionActions } from "./actions/definitions.ts";
import { type FileActions, fileActions } from "./actions/files.ts";
import { type LookActions, lookActions } from "./actions/look.ts";
import type { Surroundings } from "./actions/surroundings.ts";

export type Actions = AskActions & AuditFileActions & BuildActions & DefinitionActions & FileActions & LookActions;

/** Returns the actions of a page. */
export function createActions(surroundings: Surroundings): Actions {
  const ask = askActions(surroundings);
  const definitions = definitionActions(
    surroundings,
    () => files,
    () => void ask.plan(),
  );
  const files: FileActions = fileActions(surroundings, definitions.useRegistryFile);
  const look = lookActions(surroundings);
  const build = buildActions(surroundings, look.showResult);
  return { ...ask, ...auditFileActions(surroundings, files.addFiles), ...build, ...definitions, ...files, ...look };
}
