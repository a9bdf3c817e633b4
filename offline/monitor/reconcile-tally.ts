// What was found of a view's keys, counted by feature, with the first examples.
import { formatTime } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import type { Cell, KeySeen, Target } from "./reconcile-cells.ts";
import type { Difference, ReconciledFeature, ReconciledKeys, ReconciledView } from "./reconcile-report.ts";

const EXAMPLES = 5;

export interface Findings {
  readonly keys: readonly (readonly Value[])[];
  /** By place; of a key that agrees nothing. */
  readonly found: ReadonlyMap<number, KeySeen>;
  /** Places. */
  readonly wrong: readonly number[];
  readonly repaired: number;
  readonly counts: Pick<ReconciledKeys, "online" | "offline" | "unlogged">;
}

/** True for a key of which something differs that no tolerance excuses. */
export function isWrong({ cells, only }: KeySeen): boolean {
  return only !== null || cells.some((cell) => cell?.beyond === true);
}

/** Returns the report of a view, and every difference. */
export function tallied(
  { view, version, plan }: Target,
  { keys, found, wrong, repaired, counts }: Findings,
): { report: ReconciledView; differences: Difference[] } {
  const seen = [...found.values()];
  const count = (is: (one: KeySeen) => boolean) => seen.filter(is).length;
  const features = plan.outputs.map(({ feature }, o): ReconciledFeature => {
    const cells = seen.flatMap((one) => one.cells[o] ?? []);
    const kind = (is: (cell: Cell) => boolean) => cells.filter(is).length;
    const unsettled = count((one) => one.unsettled[o] === true);
    const apart = cells.map((cell) => cell.apart).filter((one) => one !== null);
    return {
      feature,
      equal: keys.length - cells.length - unsettled,
      // Of a row that can't be read nothing is served.
      nullOnline: kind((cell) => cell.kind === "nullOnline" || cell.kind === "unreadable"),
      nullOffline: kind((cell) => cell.kind === "nullOffline"),
      mismatch: kind((cell) => cell.kind === "mismatch"),
      beyond: kind((cell) => cell.beyond),
      unsettled,
      greatestAbsolute: apart.reduce((most, { absolute }) => Math.max(most, absolute), 0),
      greatestRelative: apart.reduce((most, { relative }) => Math.max(most, relative), 0),
    };
  });
  const differences = [...found].flatMap(([place, one]) =>
    one.cells.flatMap((cell, o): Difference[] => {
      if (cell === null) return [];
      const { kind, online, offline, apart } = cell;
      const time = one.offlineEventTimeUs;
      return [
        {
          view,
          version,
          feature: plan.outputs[o]?.feature as string,
          kind,
          entities: Object.fromEntries(plan.keys.map(({ name }, k) => [name, keys[place]?.[k] as Value])),
          online,
          offline,
          absolute: apart?.absolute ?? null,
          relative: apart?.relative ?? null,
          now: formatTime(one.nowUs),
          offlineEventTime: time === null ? null : formatTime(time),
        },
      ];
    }),
  );
  return {
    report: {
      view,
      version,
      keys: {
        ...counts,
        compared: keys.length,
        onlyOnline: count(({ only }) => only === "online"),
        onlyOffline: count(({ only }) => only === "offline"),
        unreadable: count(({ isUnreadable }) => isUnreadable),
      },
      features,
      wrongKeys: wrong.length,
      repaired,
      examples: features.flatMap(({ feature }) =>
        differences.filter((one) => one.feature === feature).slice(0, EXAMPLES),
      ),
    },
    differences,
  };
}
