// The command line that builds what is chosen: what was tried by hand becomes a line in a script.
import { fileOf, type State } from "./state.ts";

const quoted = (text: string) => (/^[\w./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Returns the line that builds what is chosen; "" where the command line has no such definitions. */
export function commandText(state: State): string {
  const { definitions, features, options } = state;
  if (!definitions || definitions.from === "form") return "";
  const entities = fileOf(state, state.entities)?.name ?? "entities.parquet";
  const parts = [
    "edgefeat historical",
    `--entities ${quoted(entities)}`,
    features.service === null
      ? `--features ${quoted(features.picked.join(","))}`
      : `--service ${quoted(features.service)}`,
    options.entityTime === "" || options.entityTime === "event_timestamp"
      ? ""
      : `--entity-time ${quoted(options.entityTime)}`,
    options.embargo.trim() === "" ? "" : `--embargo ${quoted(options.embargo.replaceAll(" ", ""))}`,
    options.asKnownAt.startsWith("column:")
      ? `--as-known-at ${quoted(options.asKnownAt.slice(7))}`
      : options.asKnownAt === "row"
        ? "--as-known-at"
        : "",
    options.fullNames ? "--full-names" : "",
    options.provenance ? "--provenance" : "",
    definitions.from === "worker" ? "--from-server" : "",
    "--out training.parquet",
  ];
  return parts.filter(Boolean).join(" \\\n  ");
}
