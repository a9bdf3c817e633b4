// Whether the parts of a snapshot fit together, which their shapes alone can't tell: checked before one is taken in.
import { EdgefeatError } from "../errors.ts";
import { compileExpression } from "../expressions/index.ts";
import { lookUp } from "../shape.ts";
import { parseTypeName, type ValueType } from "../types/index.ts";
import { aggregateTypes, EVENTS } from "../windows/aggregate-types.ts";
import { checkPushHops } from "./push.ts";
import { onDemandEntries } from "./scope.ts";
import {
  type AggregatedViewSpec,
  defaultValue,
  type OnDemandViewSpec,
  type Snapshot,
  type ViewSpec,
  viewVersion,
} from "./snapshot.ts";

/**
 * Returns the snapshot, if every version of every view can be planned: columns and inputs are there, windows are whole
 * hops, filters and expressions type-check; and every service lists what its views have.
 * @throws registry_invalid, naming the view's version or the service
 */
export function checkConsistency(snapshot: Snapshot): Snapshot {
  for (const [name, { versions, latest, registered }] of Object.entries(snapshot.views)) {
    const spec = registered === undefined ? undefined : versions[String(latest)]?.spec;
    if (spec !== undefined && (spec.kind !== "onDemand" || spec.codeHash !== null)) {
      throw new EdgefeatError("registry_invalid", `${name}@${latest}: only expressions are registered through the API`);
    }
    for (const [number, { spec }] of Object.entries(versions))
      within(`${name}@${number}`, () => checkView(snapshot, name, spec));
  }
  for (const [name, service] of Object.entries(snapshot.services)) {
    within(`service "${name}"`, () => checkParts(snapshot, service.features));
    if (service.pending !== undefined)
      within(`service "${name}"`, () => checkParts(snapshot, service.pending?.features ?? []));
  }
  return snapshot;
}

function within(what: string, check: () => unknown): void {
  try {
    check();
  } catch (fault) {
    if (!(fault instanceof EdgefeatError)) throw fault;
    const { message, hint, position, cause } = fault;
    throw new EdgefeatError("registry_invalid", `${what}: ${message}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
      ...(position === undefined ? {} : { position }),
    });
  }
}

function checkView(snapshot: Snapshot, name: string, spec: ViewSpec): void {
  for (const feature of spec.features) defaultValue(feature);
  if (spec.kind !== "onDemand" && (spec.entities.length === 0) !== (spec.joinKeys.length === 0))
    throw new EdgefeatError("registry_invalid", "a view has join keys if, and only if, it has entities");
  if (spec.kind === "aggregated") checkWindows(spec);
  if (spec.kind === "aggregated" && spec.push === true) {
    if (spec.source.eventId === null || spec.select !== undefined)
      throw new EdgefeatError("registry_invalid", "a view that takes pushes has an event id, and no select");
    checkPushHops(name, spec.features, "registry_invalid");
  }
  if (spec.kind === "onDemand") checkComputed(snapshot, name, spec);
}

function checkWindows(spec: AggregatedViewSpec): void {
  const columns = Object.fromEntries(spec.columns.map((column) => [column.name, parseTypeName(column.type)]));
  for (const { name, fn, column, where, windowUs, hopUs, tumbling, lastN, k, q } of spec.features) {
    const type: ValueType = column === null ? EVENTS : lookUp(columns, column, "column called", "missing_column");
    const whole = tumbling === true ? windowUs === hopUs : windowUs % hopUs === 0;
    const listed = lastN === undefined || windowUs === 0;
    const given =
      (k !== undefined) === (fn === "last_k" || fn === "lag") && (q !== undefined) === (fn === "approx_percentile");
    const lagged = fn !== "lag" || (windowUs === 0 && lastN === undefined);
    if (!(whole && listed && given && lagged && aggregateTypes[fn].accepts(type))) {
      throw new EdgefeatError(
        "registry_invalid",
        `${name}: ${fn} over ${windowUs} µs by hops of ${hopUs} µs can't be computed`,
      );
    }
    if (where !== null) compileExpression(where, columns, { result: { kind: "bool" }, requestTime: false });
  }
}

function checkComputed(snapshot: Snapshot, name: string, spec: OnDemandViewSpec): void {
  const inputSpec = (view: string, input: number): ViewSpec => {
    const entry = lookUp(snapshot.views, view, "view called", "unknown_view");
    const newest = Math.max(...Object.keys(entry.versions).map(Number));
    return viewVersion(view, entry, spec.inputs[input]?.version ?? entry.active ?? entry.latest ?? newest).spec;
  };
  const scope = Object.fromEntries([...onDemandEntries(name, spec, inputSpec)].map(([key, { type }]) => [key, type]));
  for (const { expression, type } of spec.features) {
    if (expression !== null)
      compileExpression(expression, scope, { result: parseTypeName(type), artifacts: spec.artifacts });
    else if (spec.codeHash === null)
      throw new EdgefeatError("registry_invalid", "a feature has neither expression nor code");
  }
}

/** A service may list a view that is gone: then it can't answer, and says so when it is asked. */
function checkParts(snapshot: Snapshot, parts: Snapshot["services"][string]["features"]): void {
  for (const { view, version, features } of parts) {
    const { versions } = lookUp(snapshot.views, view, "view called", "unknown_view");
    const candidates = Object.entries(versions).filter(([number]) => version === null || Number(number) === version);
    const known = Object.fromEntries(candidates.flatMap(([, { spec }]) => spec.features.map((f) => [f.name, f])));
    for (const feature of features) lookUp(known, feature, `feature in view "${view}" called`, "unknown_feature");
  }
}
