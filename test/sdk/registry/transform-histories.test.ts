// Whatever is applied, materialized, registered and removed, in whatever order: the invariants of SEMANTICS 7.
import fc from "fast-check";
import { expect, it } from "vitest";
import { float64 } from "../../../sdk/index.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { planFeatures } from "../../../sdk/plan/index.ts";
import {
  checkConsistency,
  checkSnapshot,
  emptySnapshot,
  markMaterialized,
  planApply,
  registerTransform,
  removeTransform,
  type Snapshot,
  snapshotHash,
} from "../../../sdk/registry/index.ts";
import { type Changes, compile, define, moreAggregations } from "./define.ts";
import { DOUBLED, RISK, share } from "./transform-cases.ts";

const variants: Changes[] = [
  {},
  { aggregations: moreAggregations },
  { expressions: { share: "2.0 * spent_1d / limit" } },
  {
    riskFeatures: { share: float64(), more: float64() },
    expressions: { share: "spent_1d / limit", more: "spent_1d" },
  },
  { services: ({ profile }) => ({ shop: [profile.pick("shop" as never)] }) },
];
const applied = [
  ...variants.map((changes) => compile(define(changes))),
  // Without the on-demand view; without all that it reads.
  ...[["d0", "d1"], ["d0"]].map((names) => {
    const all = define(variants[4]);
    return compile(Object.fromEntries(names.map((name) => [name, all[name]])));
  }),
];
const definitions = [RISK, DOUBLED, share("1.0"), { ...RISK, description: "told" }];

const name = fc.constantFrom("risk", "ratio");
const operation = fc.oneof(
  fc.record({ kind: fc.constant("apply" as const), to: fc.nat(applied.length - 1) }),
  fc.record({ kind: fc.constant("materialize" as const), view: fc.constantFrom("spend", "profile") }),
  fc.record({ kind: fc.constant("put" as const), name, to: fc.nat(definitions.length - 1) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), name }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function run(snapshot: Snapshot, op: Operation): Snapshot {
  if (op.kind === "apply") return planApply(snapshot, applied[op.to] as (typeof applied)[number]).snapshot;
  if (op.kind === "remove") return removeTransform(snapshot, op.name, "any");
  if (op.kind === "materialize")
    return markMaterialized(snapshot, op.view, snapshot.views[op.view]?.latest ?? Number.NaN);
  const there = (snapshot.views[op.name]?.latest ?? null) !== null;
  const definition = definitions[op.to] as (typeof definitions)[number];
  return registerTransform(snapshot, op.name, definition, there ? "any" : "new").snapshot;
}

function check(before: Snapshot, after: Snapshot, op: Operation): void {
  expect(checkConsistency(checkSnapshot(JSON.parse(JSON.stringify(after))))).toEqual(after);
  for (const [view, entry] of Object.entries(before.views)) {
    const now = after.views[view] as typeof entry;
    const values = ({ versions }: typeof entry) =>
      Object.entries(versions).map(([number, version]) => [number, version.fingerprint]);
    expect(values(now), "a number never comes to mean other values").toEqual(expect.arrayContaining(values(entry)));
    if (op.kind === "apply" && entry.registered !== undefined)
      expect([now.latest, now.active], "applying leaves what was registered").toEqual([entry.latest, entry.active]);
    if (now.registered !== undefined) {
      expect(now.active, "what was registered answers").toBe(now.latest);
      planFeatures(after, { features: [`${view}:share`] }, new Map());
    }
  }
  for (const service of Object.keys(after.services)) {
    if (!Object.hasOwn(before.services, service) || !answers(before, service)) continue;
    expect(answers(after, service), `${service} goes on answering`).toBe(true);
  }
  if (op.kind === "apply") {
    const again = planApply(after, applied[op.to] as (typeof applied)[number]);
    expect([again.changes, snapshotHash(again.snapshot)]).toEqual([[], snapshotHash(after)]);
  }
}

function answers(snapshot: Snapshot, service: string): boolean {
  try {
    planFeatures(snapshot, { service }, new Map());
    return true;
  } catch (fault) {
    if (fault instanceof EdgefeatError) return false;
    throw fault;
  }
}

it("holds after every change that is not refused", () => {
  const done = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(operation, { minLength: 3, maxLength: 20 }), (operations) => {
      let snapshot = run(emptySnapshot("shop", "dev"), { kind: "apply", to: 0 });
      for (const op of operations) {
        let next: Snapshot;
        try {
          next = run(snapshot, op);
        } catch (fault) {
          if (!(fault instanceof EdgefeatError)) throw fault;
          continue;
        }
        check(snapshot, next, op);
        done.set(op.kind, (done.get(op.kind) ?? 0) + 1);
        snapshot = next;
      }
    }),
    { numRuns: 150 },
  );
  for (const kind of ["apply", "materialize", "put", "remove"])
    expect(done.get(kind), `${kind} was not always refused`).toBeGreaterThan(10);
});
