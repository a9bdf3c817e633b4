// What `plan` and `apply` would change, told to people.
import type { Change, RegisteredView } from "../registry/index.ts";
import { counted } from "./output.ts";

const SIGNS = { add: "+", "new-version": "~", restore: "~", metadata: "~", change: "~", remove: "-" } as const;

/** Returns one line a change, and a last one that counts them. */
export function planLines(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ["nothing to change"];
  const n = (...kinds: Change["kind"][]) => changes.filter((change) => kinds.includes(change.kind)).length;
  const changed = n("new-version", "restore", "metadata", "change");
  return [
    ...changes.map(changeLine),
    `${counted(changes.length, "change")}: ${n("add")} to add, ${changed} to change, ${n("remove")} to remove`,
  ];
}

function changeLine(change: Change): string {
  const version = change.version === undefined ? "" : `@${change.version}`;
  return `${SIGNS[change.kind]} ${change.what} ${change.name}${version}${notes(change)
    .map((note) => `; ${note}`)
    .join("")}`;
}

/** Returns one line a view that was registered through the API: applying leaves it alone. */
export function registeredLines(views: readonly RegisteredView[]): string[] {
  return views.map(({ name, version, definitions, behind }) => {
    const inputs = behind.map((input) => `reads ${input.view}@${input.version}, not the definitions' ${input.latest}`);
    const rest = [...waiting(version, definitions), ...inputs].map((note) => `; ${note}`).join("");
    return `= view ${name}@${version}; registered through the API, stays${rest}`;
  });
}

function waiting(version: number, definitions: number | null): string[] {
  if (definitions === null) return [];
  return [definitions === version ? "the definitions hold the same" : `the definitions' version ${definitions} waits`];
}

function notes({ kind, name, breaking, services = [], needsMaterialization, registered }: Change): string[] {
  return [
    ...(kind === "new-version"
      ? [breaking === true ? "new version, breaking" : "new version, compatible: features added"]
      : []),
    ...(kind === "restore" ? ["restores this version"] : []),
    ...(kind === "metadata" ? ["description, owner or tags only"] : []),
    ...(services.length > 0 ? [`in ${services.length === 1 ? "service" : "services"} ${services.join(", ")}`] : []),
    ...(needsMaterialization === true ? ["to be materialized"] : []),
    ...(registered === undefined ? [] : [`${name}@${registered}, registered through the API, goes on answering`]),
  ];
}
