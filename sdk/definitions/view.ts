// Feature views, stored and aggregated, and the projections of them that services and on-demand views use.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { checkShape, lookUp } from "../shape.ts";
import { isAggregateName } from "../windows/aggregate-names.ts";
import type { Aggregation, AggregationValues } from "./aggregation.ts";
import { aboutShape } from "./about.ts";
import { brand, definitionKind } from "./brand.ts";
import type { Entity } from "./entity.ts";
import { checkFields, type Field } from "./fields.ts";
import { durationShape } from "./duration.ts";
import { checkName, checkNames, checkPicked } from "./names.ts";
import { isStream } from "./place.ts";
import { parseSchedule } from "./schedule.ts";
import { checkSelect, type Select } from "./select.ts";
import type { Schema, Source } from "./source.ts";

/** The values of a row of features, by name. */
export type Values = Record<string, unknown>;

/** A view under a name, with some of its features and its join keys renamed; what services list. */
export interface Projection<F extends Values = Values> {
  readonly view: FeatureView;
  readonly as: string;
  readonly features: readonly string[];
  readonly joinKeyMap: Readonly<Record<string, string>>;
  /** Keeps only these features, in this order. */
  pick<const K extends keyof F & string>(...names: K[]): Projection<Pick<F, K>>;
  /** Gives the view another name in this service, so that it can be used twice. */
  withName(alias: string): Projection<F>;
  /** Joins on other columns: `{ origin: "departure" }` reads the id of join key `origin` from `departure`. */
  withJoinKeyMap(map: Readonly<Record<string, string>>): Projection<F>;
  readonly _values?: F;
}

export interface ViewMeta {
  owner?: string;
  description?: string;
  tags?: Readonly<Record<string, string>>;
  /** How old the newest value may be before monitoring complains: "1h". */
  freshness?: string;
  /** When `edgefeat runner` materializes the view: a cron line in UTC, such as "0 * * * *", every hour. */
  schedule?: string;
}

export interface FeatureView<F extends Values = Values> extends Projection<F>, ViewMeta, Serving {
  readonly name: string;
  readonly entities: readonly Entity[];
  readonly source: Source;
  /** What makes the view's rows of the source's. Absent: a source row is a row of the view. */
  readonly select?: Select;
  /** How long a row stays valid: "6h". Absent: for ever. */
  readonly ttl?: string;
  /** Stored views: the fields. */
  readonly fields?: Readonly<Record<string, Field>>;
  /** Aggregated views: the windows. */
  readonly aggregations?: Readonly<Record<string, Aggregation>>;
}

interface Serving {
  /** How far a server's cached row may lag behind the store: "10s". Absent: the server's own bound, and 1 s where events are pushed. */
  readonly cacheTtl?: string;
  /** True when events of the source are pushed too, as they happen; windows then need a source with an eventId. */
  readonly push?: boolean;
  /**
   * How far behind the newest event of its key a pushed event may come and still count at once: "1h", which is the default.
   * A later one is deferred: it goes to the log, and counts once that is materialized.
   */
  readonly lateness?: string;
}

interface CommonOptions extends ViewMeta, Serving {
  /** What the features describe; none, and every request gets the one row of the view that is valid at its time. */
  entities: readonly Entity[];
}

/** A query, or one with the source's columns that it reads, so that the others stay on disk; all by default. */
export type SelectOption = string | { readonly sql: string; readonly columns: readonly string[] };

export interface StoredViewOptions<F extends Schema> extends CommonOptions {
  source: Source;
  /**
   * A DuckDB query that makes the view's rows: it reads a table that has the source's name, and its columns are the join
   * keys, the source's times (TIMESTAMP is UTC) and the features. It sees the whole source and nothing else, no files and no
   * network, so a query that looks from one row at later ones leaks them. The order of its rows does not matter; what a row
   * holds may not depend on chance or the clock: random(), now() and their like are refused, and an aggregate that
   * depends on order (first, string_agg) wants an ORDER BY of its own. A CSV's columns are text where the source has no
   * schema. @example "SELECT origin, date, delay * 60 AS seconds FROM departures WHERE delay IS NOT NULL"
   */
  select?: SelectOption;
  /** How long a row stays valid after its event time: "6h". Absent or "0s": for ever. */
  ttl?: string;
  /** The columns that are features, with their types. */
  features: F;
}

export interface AggregatedViewOptions<
  S extends Schema,
  A extends Readonly<Record<string, Aggregation>>,
> extends CommonOptions {
  source: Source<S>;
  select?: undefined;
  aggregations: A;
}

/** With a query of its own, whose result only the engine knows the types of. */
export interface SelectedEventsOptions<A extends Readonly<Record<string, Aggregation>>> extends CommonOptions {
  source: Source;
  /** A DuckDB query that makes the events, as in a stored view. */
  select: SelectOption;
  aggregations: A;
}

type FieldValues<F extends Schema> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** What the shapes of stored, aggregated and on-demand views have in common. */
export const metaShape = {
  owner: z.optional(z.string()),
  ...aboutShape,
  freshness: z.optional(durationShape),
};

const viewShape = z.strictObject({
  entities: z.array(z.any()),
  source: z.any(),
  select: z.optional(
    z.union([z.string(), z.strictObject({ sql: z.string(), columns: z.array(z.string()).check(z.minLength(1)) })]),
  ),
  ttl: z.optional(z.string()),
  features: z.optional(z.record(z.string(), z.any())),
  aggregations: z.optional(z.record(z.string(), z.any())),
  ...metaShape,
  schedule: z.optional(z.string()),
  cacheTtl: z.optional(durationShape),
  push: z.optional(z.boolean()),
  lateness: z.optional(durationShape),
});

/**
 * Defines a feature view: stored (`features`: a source row is a feature row) or aggregated (`aggregations`: windows
 * over events).
 * @throws definition_invalid
 */
export function featureView<const F extends Schema>(
  name: string,
  options: StoredViewOptions<F>,
): FeatureView<FieldValues<F>>;
export function featureView<const S extends Schema, const A extends Readonly<Record<string, Aggregation>>>(
  name: string,
  options: AggregatedViewOptions<S, A>,
): FeatureView<AggregationValues<S, A>>;
export function featureView<const A extends Readonly<Record<string, Aggregation>>>(
  name: string,
  options: SelectedEventsOptions<A>,
): FeatureView<AggregationValues<{}, A>>;
export function featureView(
  name: string,
  options: CommonOptions & {
    source: Source;
    select?: SelectOption | undefined;
    ttl?: string;
    features?: Schema;
    aggregations?: Readonly<Record<string, Aggregation>>;
  },
): FeatureView {
  checkName("a feature view", name);
  const what = `view "${name}"`;
  checkShape(viewShape, options, what, "definition_invalid");
  const { features: fields, aggregations, select, ...rest } = options;
  const columns = fields ?? aggregations;
  if (columns === undefined || (fields !== undefined && aggregations !== undefined)) {
    throw new EdgefeatError("definition_invalid", `${what}: it needs either features or aggregations`, {
      hint: "features make a stored view, aggregations an aggregated one",
    });
  }
  if (Object.keys(columns).length === 0) throw new EdgefeatError("definition_invalid", `${what}: it has no features`);
  if (fields === undefined) checkNames(`a feature of ${what}`, columns);
  else checkFields(`a feature of ${what}`, fields);
  if (options.schedule !== undefined) parseSchedule(options.schedule, what);
  checkParts(what, options);
  const view = {
    name,
    ...rest,
    ...(select === undefined ? {} : { select: selectOf(name, select) }),
    ...(fields === undefined ? { aggregations } : { fields }),
    as: name,
    features: Object.keys(columns),
    joinKeyMap: {},
  };
  return brand(
    "view",
    withProjectionMethods(view as unknown as FeatureView, (): FeatureView => view as never),
  );
}

function checkParts(
  what: string,
  options: {
    entities: readonly Entity[];
    source: Source;
    ttl?: string;
    aggregations?: object;
    push?: boolean;
    lateness?: string;
    select?: unknown;
  },
) {
  if (options.entities.some((e) => definitionKind(e) !== "entity")) {
    throw new EdgefeatError("definition_invalid", `${what}: entities must be made by entity(…)`);
  }
  if (definitionKind(options.source) !== "source") {
    throw new EdgefeatError(
      "definition_invalid",
      `${what}: source must be made by parquet(…), csv(…), stream(…) or the like`,
    );
  }
  checkPush(what, options);
  if (options.aggregations === undefined) return;
  if (options.source.eventTime === undefined) {
    throw new EdgefeatError("definition_invalid", `${what}: windows need a source with an eventTime`);
  }
  if (options.ttl !== undefined) {
    throw new EdgefeatError("definition_invalid", `${what}: an aggregated view has no ttl; its windows are it`);
  }
  for (const [feature, aggregation] of Object.entries(options.aggregations as Record<string, Aggregation>)) {
    if (!isAggregateName(aggregation?.fn)) {
      throw new EdgefeatError(
        "definition_invalid",
        `${what}: ${feature} must be made by count(…), sum(…), avg(…) or the like`,
      );
    }
  }
}

function checkPush(
  what: string,
  { push, lateness, select, source, aggregations }: Parameters<typeof checkParts>[1],
): void {
  if (push !== true) {
    if (isStream(source)) {
      throw new EdgefeatError("definition_invalid", `${what}: its source is a stream, of pushed events alone`, {
        hint: "add push: true",
      });
    }
    if (lateness === undefined) return;
    throw new EdgefeatError("definition_invalid", `${what}: a lateness is for pushed events, and it takes none`, {
      hint: "add push: true, or leave the lateness out",
    });
  }
  if (select !== undefined) {
    throw new EdgefeatError(
      "definition_invalid",
      `${what}: events are pushed as the source has them, and its select is made by the engine`,
      {
        hint: "push to a view without a select, or leave push out",
      },
    );
  }
  if (source.eventTime === undefined) {
    throw new EdgefeatError(
      "definition_invalid",
      `${what}: a pushed event is read by its time, and its source has no eventTime`,
      { hint: `name the column of times: eventTime in source "${source.name}"; or leave push out` },
    );
  }
  if (aggregations !== undefined && source.eventId === undefined) {
    throw new EdgefeatError(
      "definition_invalid",
      `${what}: pushed events count once by their id, and its source has no eventId`,
      {
        hint: `name the column that identifies an event: eventId in source "${source.name}"`,
      },
    );
  }
}

function selectOf(view: string, option: SelectOption): Select {
  const { sql, columns } = typeof option === "string" ? { sql: option, columns: null } : option;
  return { sql: checkSelect(view, sql), columns };
}

/** Adds pick, withName and withJoinKeyMap; `view` gives the whole view, which exists only after them. */
function withProjectionMethods<P extends Projection>(projection: P, view: () => FeatureView): P {
  const derive = (change: Partial<Projection>): Projection => {
    const { as, features, joinKeyMap } = projection;
    const next = { view: projection.view ?? view(), as, features, joinKeyMap, ...change } as Projection;
    return brand("projection", withProjectionMethods(next, view));
  };
  return Object.assign(projection, {
    view: projection.view ?? view(),
    pick: (...names: string[]) => {
      const known = Object.fromEntries(projection.features.map((f) => [f, f]));
      checkPicked(`view "${projection.as}"`, names);
      for (const name of names) lookUp(known, name, `feature in view "${projection.as}" called`, "unknown_feature");
      return derive({ features: names });
    },
    withName: (alias: string) => derive({ as: checkName("an alias", alias) }),
    withJoinKeyMap: (map: Readonly<Record<string, string>>) => {
      const keys = Object.fromEntries(
        (projection.view ?? view()).entities.flatMap((e) => e.joinKeys.map((k) => [k.name, k.name])),
      );
      for (const [from, to] of Object.entries(map)) {
        lookUp(keys, from, `join key of view "${projection.as}" called`, "definition_invalid");
        checkName("a join key", to);
      }
      return derive({ joinKeyMap: { ...map } });
    },
  });
}
