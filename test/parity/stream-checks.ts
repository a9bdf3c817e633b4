// What a stream is held to: every feature of every version, online and of the offline join, against the models of its views.
import { inspect, isDeepStrictEqual } from "node:util";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures } from "../../offline/index.ts";
import type { ReadSource } from "../../offline/join/source-rows.ts";
import { reconcileOnline } from "../../sdk/cli/reconcile-online.ts";
import type { AdminClient, Client } from "../../sdk/client/index.ts";
import { planFeatures } from "../../sdk/plan/index.ts";
import type {
  AggregatedViewSpec,
  OnDemandViewSpec,
  Snapshot,
  StoredViewSpec,
  ViewEntry,
} from "../../sdk/registry/index.ts";
import { formatTime, type Us } from "../../sdk/time.ts";
import type { OracleValue } from "../support/oracle.ts";
import type { Feature, ViewModel } from "./stream-model.ts";
import { KEYS, type StreamEvent } from "./stream-script.ts";
import { type ViewName, VIEWS } from "./stream-views.ts";

/** What is there at a moment, to be read and compared. */
export interface Moment {
  readonly admin: AdminClient;
  readonly client: Client;
  readonly engine: Engine;
  /** What the views' names end in. */
  readonly own: string;
  readonly views: Readonly<Record<ViewName, ViewModel>>;
  readonly snapshot: Snapshot;
  readonly registry: string;
  readonly nowUs: Us;
  /** Notes what was met. */
  count(what: string, n?: number): void;
}

/** A feature that is asked for. */
interface Asked {
  readonly reference: string;
  /** null: it is computed. */
  readonly feature: Feature | null;
  truth(key: string): OracleValue;
  isRight(truth: OracleValue, got: unknown): boolean;
}

/** Reads every feature of every version for every key and compares it with the oracle. */
export async function checkOnline(at: Moment, when: string): Promise<void> {
  const { admin, client } = at;
  const online = await reconcileOnline({ admin, client, target: "", storeId: "" }, at.snapshot);
  const active: Asked[] = [];
  for (const view of VIEWS) {
    const { versions, active: answering } = at.views[view];
    for (const [version, model] of versions) {
      const name = `${view}_${at.own}`;
      const asked = (number: string) =>
        specOf(at, view, version).features.map((feature): Asked => ({
          reference: `${name}${number}:${feature.name}`,
          feature,
          truth: (key) => model.truth(feature, key, at.nowUs),
          isRight: (truth, got) => model.isRight(feature, truth, got),
        }));
      if (version === answering) active.push(...asked(""));
      else if (model.serves) at.count("olderValues", await check(at, when, online, asked(`@${version}`)));
      else await checkRefused(at, `${name}@${version}:${specOf(at, view, version).features[0]?.name}`);
    }
  }
  if (entryOf(at, "computed").active !== null) active.push(computed(at));
  // All at once: views with a key and one without, and what is computed of both.
  if (active.length > 0) await check(at, when, online, active);
}

/** Returns how many values were compared. */
async function check(
  at: Moment,
  when: string,
  online: Awaited<ReturnType<typeof reconcileOnline>>,
  asked: readonly Asked[],
): Promise<number> {
  const plan = planFeatures(at.snapshot, { features: asked.map(({ reference }) => reference) }, new Map());
  const keys = plan.keys.length === 0 ? [""] : [...KEYS, "unseen"];
  const { rows, nowUs, registry } = await online.read(
    plan,
    keys.map((key) => (plan.keys.length === 0 ? [] : [key])),
  );
  same("now", [nowUs, registry], [at.nowUs, at.registry]);
  for (const [k, key] of keys.entries()) {
    for (const [f, { reference, feature, truth: truthOf, isRight }] of asked.entries()) {
      const got = rows[k]?.[f];
      const truth = truthOf(key);
      at.count("values");
      if (!isRight(truth, got))
        throw new Error(
          `${when}: ${reference} ${JSON.stringify(feature)} of ${key} at ${formatTime(nowUs)} is ${show(got)}, not ${show(truth)}`,
        );
    }
  }
  return keys.length * asked.length;
}

async function checkRefused(at: Moment, reference: string): Promise<void> {
  const asked = at.client.getFeatures({ features: [reference], entities: { key: ["a"] }, noCache: true });
  const fault = await asked.then(
    () => null,
    (fault: unknown) => fault as { code?: string },
  );
  same(reference, fault?.code, "view_not_materialized");
}

/** What is computed, of the very versions that it was applied with. */
function computed(at: Moment): Asked {
  const { active, versions } = entryOf(at, "computed");
  const { inputs } = (versions[active as number] as ViewEntry["versions"][string]).spec as OnDemandViewSpec;
  const value = (input: ViewName, name: string, key: string) => {
    const { version } = inputs.find(({ view }) => view === `${input}_${at.own}`) as (typeof inputs)[number];
    const feature = specOf(at, input, version as number).features.find((one) => one.name === name) as Feature;
    const model = at.views[input].version(version as number);
    same("an input of what is computed serves", model.serves, true);
    return model.truth(feature, input === "totals" ? "" : key, at.nowUs);
  };
  return {
    reference: `computed_${at.own}:both`,
    feature: null,
    truth: (key) =>
      (value("windows", "f0", key) as bigint) +
      1000n * (value("totals", "g0", key) as bigint) +
      (value("latest", "x", key) === null ? 0n : 1n),
    isRight: (truth, got) => truth === got,
  };
}

/** The join over all that the file and the log hold, as a training set is made, of every version. */
export async function checkOffline(at: Moment, readSource: ReadSource, all: readonly StreamEvent[]): Promise<void> {
  const times = vectorFromValues(
    { kind: "timestamp" },
    KEYS.map(() => BigInt(at.nowUs)),
  );
  for (const view of VIEWS) {
    for (const [version, model] of at.views[view].versions) {
      if (!model.serves) continue;
      const { features } = specOf(at, view, version);
      const references = features.map(({ name }) => `${view}_${at.own}@${version}:${name}`);
      const { table } = await getHistoricalFeatures({
        engine: at.engine,
        snapshot: at.snapshot,
        request: { features: references },
        readSource: readSource,
        entities: tableOf([
          ["key", vectorFromValues({ kind: "string" }, KEYS)],
          ["event_timestamp", times],
        ]),
      });
      for (const [f, feature] of features.entries()) {
        const plan = planFeatures(at.snapshot, { features: [references[f] as string] }, new Map());
        const read = columnReader(columnOf(table, feature.name), plan.outputs[0]?.type as never, {
          column: feature.name,
        });
        for (const [k, key] of KEYS.entries()) {
          const truth = model.truthOfAll(all, feature, key, at.nowUs);
          if (!model.isRight(feature, truth, read(k)))
            throw new Error(
              `offline: ${references[f]} ${JSON.stringify(feature)} of ${key} is ${show(read(k))}, not ${show(truth)}`,
            );
        }
      }
    }
  }
}

/** Returns what the registry says of a view. */
export function entryOf({ snapshot, own }: Pick<Moment, "snapshot" | "own">, view: ViewName | "computed"): ViewEntry {
  return snapshot.views[`${view}_${own}`] as ViewEntry;
}

export function specOf(at: Moment, view: ViewName, version: number): AggregatedViewSpec | StoredViewSpec {
  return entryOf(at, view).versions[version]?.spec as AggregatedViewSpec | StoredViewSpec;
}

/** @throws where it is something else than wanted */
export function same(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) throw new Error(`${what}: ${inspect(got)} is not ${inspect(wanted)}`);
}

/** Returns a value as a message shows it. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return Object.is(value, -0)
    ? "-0"
    : typeof value === "bigint"
      ? `${value}n`
      : typeof value === "string"
        ? JSON.stringify(value)
        : String(value);
}
