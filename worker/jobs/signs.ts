// The runners' signs of life in the document of open jobs: whose each is, how long it counts, and how many are kept.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";
import { bytesOf, own } from "./documents.ts";

/** How large all signs together may be: some 1,500 of runners that may take every view. */
export const MAX_SIGNS_BYTES = 200_000;

export interface RunnerSign {
  untilMs: Ms;
  /** What it may take; null: every view. */
  readonly views: readonly string[] | null;
  /** The id of the token that it came with. */
  readonly by: string;
}

/** Whose name a runner's is. */
export interface Owner {
  readonly by: string;
  /** null: it may do everything in the project, and so go by any name. */
  readonly views: readonly string[] | null;
}

export interface Runner extends Owner {
  readonly name: string;
  /** How long it counts as there without another sign. */
  readonly presentMs: Ms;
}

type Signs = Record<string, RunnerSign>;

/** Takes note of a runner. A write a poll would be many: a sign is renewed once half of its time is over. @throws forbidden */
export function sign(signs: Signs, { name, views, presentMs, by }: Runner, atMs: Ms): void {
  for (const [other, { untilMs }] of Object.entries(signs)) if (untilMs <= atMs) delete signs[other];
  checkOwner(signs, name, { views, by });
  const known = own(signs, name);
  const isSame = known !== undefined && known.by === by && String(known.views) === String(views);
  if (isSame && known.untilMs > atMs + presentMs / 2) return;
  signs[name] = { untilMs: atMs + presentMs, views, by };
  while (bytesOf(signs) > MAX_SIGNS_BYTES) delete signs[excess(signs)];
}

/** Checks that a name is nobody's, or theirs who use it. @throws forbidden for a limited token, where it is another's */
export function checkOwner(signs: Signs, name: string, { by, views }: Owner): void {
  const known = own(signs, name);
  if (known === undefined || known.by === by || views === null) return;
  throw new EdgefeatError("forbidden", `the runner "${name}" is another token's`, {
    hint: "use another name, or wait until it is gone",
  });
}

/** Returns the runner to forget: the one that was heard of least lately, of the token whose signs are the largest. */
function excess(signs: Signs): string {
  const sizes = new Map<string, number>();
  for (const one of Object.values(signs)) sizes.set(one.by, (sizes.get(one.by) ?? 0) + bytesOf(one));
  const most = Math.max(...sizes.values());
  const [first] = Object.entries(signs)
    .filter(([, { by }]) => sizes.get(by) === most)
    .toSorted(([, a], [, b]) => a.untilMs - b.untilMs);
  return (first as [string, RunnerSign])[0];
}
