// The notebook example's folder, the moment that it plays at, and its commands.
import { fileURLToPath } from "node:url";
import { commandsIn, type Serving } from "../commands.ts";

/** This folder: the example's repo. */
export const repo = fileURLToPath(new URL(".", import.meta.url));

/** The last day of its flights. */
export const NOW = "2001-07-01T00:00:00Z";
export const START = "2001-01-01T00:00:00Z";

const commands = commandsIn(repo);
export const { edgefeat } = commands;

/** Starts `edgefeat serve` at NOW; `data` is where its rows are kept. */
export function serve(port: number, data: string): Promise<Serving> {
  return commands.serve(["--port", String(port), "--now", NOW, "--data", data]);
}
