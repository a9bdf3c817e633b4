// Runs the other joins on rows that differ: all of them on a sample, then those that explain something on every row.
import { columnOf, columnReader } from "../datasets/index.ts";
import { extent } from "../join/keys.ts";
import type { AuditTable } from "./audit-columns.ts";
import { eventTimesOf, joinAgain } from "./audit-join.ts";
import type { AuditDefinitions, AuditOptions } from "./audit-report.ts";
import { type Difference, explanationsOf, type Suspect } from "./explain.ts";
import { backwards, eventTimeSpan, exactEdges, type OtherJoin, otherJoins, unbounded } from "./other-joins.ts";
import { type PlainViews, plainViews } from "./plain-views.ts";

/** So many rows that differ are tried with every join, over all features. */
const SAMPLE_ROWS = 5_000;

type Suspects = Map<Difference, Suspect[]>;

/** What all joins need. */
interface Trial {
  readonly differences: readonly Difference[];
  readonly set: AuditTable;
  readonly options: AuditOptions;
  readonly joins: readonly OtherJoin[];
  readonly worlds: Readonly<Record<OtherJoin["world"], AuditDefinitions>>;
}

/** Returns, by feature that differs, its values by other joins: by those that explain any, for every row that differs. */
export async function trySuspects(
  differences: readonly Difference[],
  set: AuditTable,
  definitions: AuditDefinitions,
  options: AuditOptions,
): Promise<Suspects> {
  const trial = await prepare(differences, set, definitions, options);
  const each = Math.ceil(SAMPLE_ROWS / differences.length);
  const samples = differences.map(({ rows }) => spread(rows, each));
  const tried = await run(trial, trial.joins, samples.flat());
  if (differences.every(({ rows }, i) => rows.length === samples[i]?.length)) return tried;
  const explaining = new Set(
    differences.flatMap((difference, i) => {
      const { found } = explanationsOf(difference, tried.get(difference) ?? [], samples[i] ?? []);
      return found.map(({ suspect }) => suspect.join);
    }),
  );
  if (explaining.size === 0) return tried;
  const joins = trial.joins.filter((join) => explaining.has(join));
  return run(
    trial,
    joins,
    differences.flatMap(({ rows }) => rows),
  );
}

async function prepare(
  differences: readonly Difference[],
  set: AuditTable,
  definitions: AuditDefinitions,
  options: AuditOptions,
): Promise<Trial> {
  const { engine } = definitions;
  const { onBadRows, embargoUs = 0, asKnownAt } = options;
  const reads = set.plan?.reads ?? [];
  const plain = await plainViews(reads, definitions.snapshot, definitions.readSource, { engine, onBadRows });
  const { latest, spanUs } = await ends(set, plain);
  const { snapshot, readSource } = plain;
  const { labelTimes: label } = set;
  return {
    differences,
    set,
    options,
    joins: otherJoins({
      t: set.times,
      embargoUs: BigInt(embargoUs),
      labelTime: (row) => (label === null || label.isNull?.[row] === 1 ? null : (label.us[row] as bigint)),
      latest,
      knownAt: asKnownAt !== undefined,
      windows: reads.some(({ spec }) => spec.kind === "aggregated"),
    }),
    worlds: {
      "as defined": { ...definitions, snapshot, readSource },
      "exact edges": { ...definitions, snapshot: exactEdges(snapshot), readSource },
      unbounded: { ...definitions, snapshot: unbounded(snapshot, spanUs, false), readSource },
      backwards: {
        ...definitions,
        snapshot: unbounded(snapshot, spanUs, true),
        readSource: backwards(readSource),
      },
    },
  };
}

/** Runs some joins on some rows: one join of the engine for all that share a world, each row at many times. */
async function run(trial: Trial, joins: readonly OtherJoin[], some: readonly number[]): Promise<Suspects> {
  const { differences, set, options, worlds } = trial;
  const rows = [...new Set(some)].toSorted((a, b) => a - b);
  const place = new Map(rows.map((row, i) => [row, i]));
  const suspects: Suspects = new Map(differences.map((difference) => [difference, []]));
  for (const [world, definitions] of Object.entries(worlds)) {
    const there = joins.filter((join) => join.world === world);
    if (there.length === 0) continue;
    const what = `explain what differs, ${world}`;
    const times = BigInt64Array.from(there.flatMap((join) => rows.map((row) => join.at(row))));
    const joined = await joinAgain(set, definitions, { what, times, rows: there.flatMap(() => rows) }, options);
    for (const difference of differences) {
      const { fullName, declared } = difference;
      const read = columnReader(columnOf(joined, fullName), declared, { column: fullName });
      const eventTimes = eventTimesOf(joined, fullName);
      for (const [j, join] of there.entries()) {
        const index = (row: number) => {
          const i = place.get(row);
          return i === undefined ? null : j * rows.length + i;
        };
        suspects.get(difference)?.push({
          join,
          read: (row) => {
            const i = index(row);
            return i === null ? undefined : read(i);
          },
          eventTime: (row) => {
            const i = index(row);
            if (i === null || eventTimes.isNull?.[i] === 1) return null;
            const e = eventTimes.us[i] as bigint;
            return world === "backwards" ? -e : e;
          },
        });
      }
    }
  }
  // Worlds were tried one after another; the order of the joins says which explanation comes first.
  const rank = ({ join }: Suspect) => joins.indexOf(join);
  for (const of of suspects.values()) of.sort((a, b) => rank(a) - rank(b));
  return suspects;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Returns at most `count` rows from all over `rows`, at steps that no pattern of the data has. */
function spread(rows: readonly number[], count: number): readonly number[] {
  if (rows.length <= count) return rows;
  const taken = new Set(Array.from({ length: count }, (_, k) => Math.floor(((k * GOLDEN) % 1) * rows.length)));
  return [...taken].map((i) => rows[i] as number);
}

/** Returns the latest time of all, of events and rows, and how far the events lie apart. */
async function ends(set: AuditTable, { sources, readSource }: PlainViews): Promise<{ latest: bigint; spanUs: number }> {
  const events = await eventTimeSpan(sources, readSource);
  const { greatest } = extent(set.times) as { greatest: bigint };
  if (events === undefined) return { latest: greatest, spanUs: 0 };
  const latest = events.greatest > greatest ? events.greatest : greatest;
  return { latest, spanUs: Number(latest - events.least) };
}
