// The ranking example's folder, and its commands.
import { fileURLToPath } from "node:url";
import { commandsIn, type Serving, type Variables } from "../commands.ts";

/** This folder: the example's repo. */
export const repo = fileURLToPath(new URL(".", import.meta.url));

const commands = commandsIn(repo);
export const { edgefeat } = commands;

/** Starts `edgefeat serve` on a free port. */
export function serve(args: readonly string[], variables: Variables = {}): Promise<Serving> {
  return commands.serve(["--port", "0", ...args], variables);
}
