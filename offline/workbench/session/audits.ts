// Leakage audits: of the training set that is held, and of any file.
import { planFeatures } from "../../../sdk/plan/index.ts";
import type { ColumnTypes } from "../../../sdk/registry/index.ts";
import { type AuditReport, auditTrainingSet } from "../../browser.ts";
import { withEngine } from "./host.ts";
import { requestOf, transformsOf } from "./plan-facts.ts";
import type { AuditInput } from "./protocol.ts";
import { readData, sourceReader } from "./read-data.ts";
import type { CallContext } from "./remote.ts";
import { training } from "./training.ts";

/** Audits the training set that is held, by its own event times. */
export function auditResult(
  label: { column: string | null; time: string | null },
  { signal, progress }: CallContext,
): Promise<AuditReport> {
  const { table, input, names } = training();
  const { entityTime, embargoUs } = input.choices;
  return auditTrainingSet({
    table,
    entityTime,
    embargoUs,
    ...labelOf(label.column, label.time),
    eventTimes: Object.fromEntries(names.map((name) => [name, `${name}__event_time`])),
    onProgress: progress,
    signal,
  });
}

function labelOf(column: string | null, time: string | null) {
  if (column === null) return {};
  return { label: { column, ...(time === null ? {} : { time }) } };
}

/** Audits any training set; with definitions its values are computed anew and compared. */
export async function audit(input: AuditInput, { signal, progress }: CallContext): Promise<AuditReport> {
  const { file, entityTime, embargoUs, definitions, label, labelTime } = input;
  const options = { entityTime, embargoUs, ...labelOf(label, labelTime), onProgress: progress, signal };
  const times = [entityTime, ...(labelTime === null ? [] : [labelTime]), ...input.eventTimes];
  progress({ stage: `read ${file.name}`, done: 0, total: 0 });
  if (definitions === null) {
    const { table } = await readData(file, { types: timeTypes(times) });
    return auditTrainingSet({ table, ...options });
  }
  const { ask, sources } = definitions;
  const { snapshot } = ask;
  const [request, transforms] = [requestOf(ask), await transformsOf(ask)];
  const plan = planFeatures(snapshot, request, transforms);
  const features = plan.outputs.flatMap(({ label: view, feature, type }) => [
    [feature, type],
    [`${view}__${feature}`, type],
  ]);
  const keys = [...plan.keys, ...plan.request].map(({ name, type }) => [name, type]);
  const { table } = await readData(file, {
    types: { ...Object.fromEntries([...features, ...keys]), ...timeTypes(times) },
  });
  const readSource = sourceReader(snapshot, sources);
  return withEngine(progress, (engine) =>
    auditTrainingSet({ table, ...options, definitions: { engine, snapshot, request, transforms, readSource } }),
  );
}

function timeTypes(names: readonly string[]): ColumnTypes {
  return Object.fromEntries(names.map((name) => [name, { kind: "timestamp" }]));
}
