// What types the columns of a source's file have, where the file itself doesn't say: what its views declare (SEMANTICS 6).
import type { FeatureView, Source } from "../definitions/index.ts";
import { EdgefeatError } from "../errors.ts";
import type { Definitions } from "./collect.ts";
import { sourceSpec } from "./compile.ts";
import type { Snapshot, SourceSpec, ViewSpec } from "./snapshot.ts";
import { parseTypeName, sameType, typeName, type ValueType } from "../types/index.ts";

export type ColumnTypes = Readonly<Record<string, ValueType>>;

/** What a source itself says of its columns. */
type Declared = Pick<SourceSpec, "name" | "eventTime" | "createdTime" | "schema">;

/** The types that one view gives columns of its source. */
interface Use {
  readonly view: string;
  readonly types: readonly (readonly [column: string, type: ValueType])[];
}

const TIMESTAMP: ValueType = { kind: "timestamp" };

/** Returns the declared types of a source's columns, of definitions that are not compiled yet. @throws definition_invalid */
export function typesInDefinitions(definitions: Definitions, source: Source): ColumnTypes {
  const views = [...definitions.views.values()].filter((view) => view.source.name === source.name);
  return merged(sourceSpec(source), views.map(useOfView));
}

/** A view's own query sees text where the source has no schema: what its result's columns are called says nothing of the file. */
function useOfView(view: FeatureView): Use {
  if (view.select !== undefined) return { view: view.name, types: [] };
  const keys = view.entities.flatMap((entity) => entity.joinKeys.map((key) => [key.name, key.field.type] as const));
  const fields = Object.entries(view.fields ?? {}).map(([name, field]) => [name, field.type] as const);
  return { view: view.name, types: [...keys, ...fields] };
}

/** Returns the declared types of a source's columns, from the latest versions of a snapshot's views. @throws definition_invalid */
export function typesInSnapshot(snapshot: Snapshot, source: SourceSpec): ColumnTypes {
  const uses = Object.entries(snapshot.views).flatMap(([view, { latest, versions }]) => {
    const spec = latest === null ? undefined : versions[String(latest)]?.spec;
    return spec !== undefined && spec.kind !== "onDemand" && spec.source.name === source.name
      ? [useOfSpec(view, spec)]
      : [];
  });
  return merged(source, uses);
}

function useOfSpec(view: string, spec: Exclude<ViewSpec, { kind: "onDemand" }>): Use {
  if (spec.select !== undefined) return { view, types: [] };
  const columns = [...spec.joinKeys, ...(spec.kind === "stored" ? spec.features : spec.columns)];
  return { view, types: columns.map(({ name, type }) => [name, parseTypeName(type)] as const) };
}

/** The source's own schema comes first; its times are timestamps unless it says otherwise; then what its views agree on. */
function merged(source: Declared, uses: readonly Use[]): ColumnTypes {
  const types = new Map<string, ValueType>(source.schema?.map(({ name, type }) => [name, parseTypeName(type)]));
  for (const time of [source.eventTime, source.createdTime])
    if (time !== null && !types.has(time)) types.set(time, TIMESTAMP);
  const owners = new Map<string, string>();
  const known = new Set(types.keys());
  for (const { view, types: declared } of uses) {
    for (const [column, type] of declared) {
      if (known.has(column)) continue;
      const other = types.get(column);
      if (other !== undefined && !sameType(other, type)) {
        throw new EdgefeatError(
          "definition_invalid",
          `column "${column}" of source "${source.name}" is ${typeName(other)} in view "${owners.get(column)}", but ${typeName(type)} in view "${view}"`,
          {
            hint: "declare it alike, or give the source a schema",
          },
        );
      }
      types.set(column, type);
      owners.set(column, view);
    }
  }
  return Object.fromEntries(types);
}
