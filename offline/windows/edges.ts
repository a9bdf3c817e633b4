// The edges of the windows of a view, at every entity row.
import type { JoinWindow } from "../../sdk/plan/index.ts";
import type { Us } from "../../sdk/time.ts";
import { windowLowerEdge } from "../../sdk/windows/index.ts";

/** A window with its edges by entity row: events with lower < e ≤ upper are in it. */
export interface WindowEdges extends JoinWindow {
  readonly lower: BigInt64Array;
  readonly upper: BigInt64Array;
}

/** Returns a window's edges at these times. */
export function edgesAt(window: JoinWindow, times: BigInt64Array): WindowEdges {
  const lower = times.map((t) => BigInt(windowLowerEdge(Number(t), window.windowUs, window.hopUs)));
  return { ...window, lower, upper: times };
}

/** Returns SQL for tileStart of sdk/windows: the exclusive start of the tile, `hopUs` long, that the time `e` is in. */
export function tileStartSql(e: string, hopUs: Us): string {
  return `(${e} - 1 - ((${e} - 1) % ${hopUs} + ${hopUs}) % ${hopUs})`;
}
