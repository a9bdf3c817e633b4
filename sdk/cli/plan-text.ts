// What `plan` and `apply` would change, told to people.
import type { Change } from "../registry/index.ts";
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

function notes({ kind, breaking, services = [], needsMaterialization }: Change): string[] {
  return [
    ...(kind === "new-version"
      ? [breaking === true ? "new version, breaking" : "new version, compatible: features added"]
      : []),
    ...(kind === "restore" ? ["restores this version"] : []),
    ...(kind === "metadata" ? ["description, owner or tags only"] : []),
    ...(services.length > 0 ? [`in ${services.length === 1 ? "service" : "services"} ${services.join(", ")}`] : []),
    ...(needsMaterialization === true ? ["to be materialized"] : []),
  ];
}
