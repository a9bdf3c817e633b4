// Definitions from a form: one stored view on a dropped file, as a snapshot and as the code that says the same.
import { arrow, csv, entity, featureView, jsonl, parquet, timestamp } from "../../../sdk/index.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { collectDefinitions, compileDefinitions, type Snapshot, snapshotOf } from "../../../sdk/registry/index.ts";
import { parseTypeName, type ValueType } from "../../../sdk/types/index.ts";
import { formatOf } from "../../datasets/index.ts";

/** What the form asks for. Names are those of columns; types are type names. */
export interface OwnView {
  readonly view: string;
  readonly file: string;
  readonly keys: readonly { readonly name: string; readonly type: string }[];
  readonly eventTime: string | null;
  readonly createdTime: string | null;
  /** "": for ever. */
  readonly ttl: string;
  readonly features: readonly { readonly name: string; readonly type: string }[];
}

const PROJECT = "workbench";

/** Returns the snapshot of a view, and its definitions as TypeScript. @throws definition_invalid naming what the form lacks */
export function ownView(form: OwnView): { snapshot: Snapshot; code: string } {
  const { view, file, keys, features } = form;
  if (keys.length === 0) throw lacking("choose the column that names the entity, such as an id");
  if (features.length === 0) throw lacking("choose at least one column as a feature");
  const fieldsOf = (columns: OwnView["features"]) =>
    Object.fromEntries(columns.map(({ name, type }) => [name, { type: parseTypeName(type) }]));
  const source = sourceFunction(file).define(`${view}_source`, {
    path: file,
    ...timesOf(form),
    schema: {
      ...fieldsOf([...keys, ...features]),
      ...Object.fromEntries(Object.values(timesOf(form)).map((name) => [name, timestamp()])),
    },
  });
  const made = featureView(view, {
    entities: [entity(entityName(form), { joinKeys: fieldsOf(keys) })],
    source,
    features: fieldsOf(features),
    ...(form.ttl.trim() === "" ? {} : { ttl: form.ttl.trim() }),
  });
  const compiled = compileDefinitions(collectDefinitions({ made }), { columnsOf: () => undefined });
  return { snapshot: snapshotOf(PROJECT, "browser", compiled), code: codeOf(form) };
}

function lacking(message: string): EdgefeatError {
  return new EdgefeatError("definition_invalid", message);
}

function timesOf({ eventTime, createdTime }: OwnView): { eventTime?: string; createdTime?: string } {
  return { ...(eventTime === null ? {} : { eventTime }), ...(createdTime === null ? {} : { createdTime }) };
}

function entityName({ keys }: OwnView): string {
  const [first] = keys;
  return keys.length === 1 && first !== undefined ? first.name.replace(/_?id$/i, "") || first.name : "entity";
}

const SOURCES = { parquet, csv, jsonl, arrow } as const;

function sourceFunction(file: string) {
  const format = formatOf(file);
  const name = format === "arrow-stream" ? "arrow" : format;
  return { name, define: SOURCES[name] };
}

/** Returns the definitions as they would be written in features.ts. */
function codeOf(form: OwnView): string {
  const { view, file, keys, features, ttl } = form;
  const quoted = JSON.stringify;
  const fields = (columns: OwnView["features"]) =>
    columns.map(({ name, type }) => `${name}: ${fieldCode(parseTypeName(type))}`).join(", ");
  const { name: source } = sourceFunction(file);
  const times = Object.entries(timesOf(form)).map(([key, column]) => `, ${key}: ${quoted(column)}`);
  const types = [...keys, ...features].flatMap(({ type }) => fieldCode(parseTypeName(type)).match(/\w+(?=\()/g) ?? []);
  const imports = [...new Set(["entity", "featureView", source, ...types])].toSorted();
  return `import { ${imports.join(", ")} } from "edgefeat";

const key = entity(${quoted(entityName(form))}, { joinKeys: { ${fields(keys)} } });

const source = ${source}(${quoted(`${view}_source`)}, { path: ${quoted(file)}${times.join("")} });

export const ${view} = featureView(${quoted(view)}, {
  entities: [key],
  source,${ttl.trim() === "" ? "" : `\n  ttl: ${quoted(ttl.trim())},`}
  features: { ${fields(features)} },
});
`;
}

/** Returns the call that makes a field of that type. */
function fieldCode(type: ValueType): string {
  if (type.kind === "list") return `list(${fieldCode(type.of)})`;
  if (type.kind === "decimal") return `decimal(${type.precision}, ${type.scale})`;
  return type.kind === "vector" ? `vector(${type.dimension})` : `${type.kind}()`;
}
