// The check that the example is about: every feature of every airport and route, online against offline, to the bit.
import { mkdirSync } from "node:fs";
import type { Table } from "apache-arrow";
import { columnOf, columnReader, valueTypeOfArrow } from "../../../offline/datasets/index.ts";
import { readTableFile, writeTableFile } from "../../../offline/datasets/files.ts";
import { createClient } from "../../../sdk/client/index.ts";
import type { FeatureService } from "../../../sdk/index.ts";
import { valueToJson, type Value, type ValueType } from "../../../sdk/types/index.ts";
import { edgefeat } from "./commands.ts";
import { spineAtNow, TRIP } from "./spine.ts";

export interface Compared {
  service: string;
  feature: string;
  equal: number;
  total: number;
  nulls: number;
  /** The first difference, for the reader. */
  example?: string;
}

const ROWS_A_REQUEST = 1000;

/** Compares a service for these entities: one offline join at NOW against the server's answers at NOW. */
export async function compare(
  url: string,
  folder: string,
  service: FeatureService,
  entities: Readonly<Record<string, readonly string[]>>,
  request: boolean,
): Promise<Compared[]> {
  mkdirSync(folder, { recursive: true });
  const [asked, joined] = [`${folder}/${service.name}-entities.parquet`, `${folder}/${service.name}-offline.parquet`];
  await writeTableFile(asked, spineAtNow(entities));
  await edgefeat(["historical", "--entities", asked, "--service", service.name, "--out", joined]);
  const offline = await readTableFile(joined);
  const online = await readOnline(url, service, entities, request);
  return online.features.map((reference, i) => {
    const feature = reference.slice(reference.indexOf(":") + 1);
    return { service: service.name, ...compareColumn(offline, feature, reference, online.columns[i] as unknown[]) };
  });
}

async function readOnline(
  url: string,
  service: FeatureService,
  entities: Readonly<Record<string, readonly string[]>>,
  request: boolean,
): Promise<{ features: readonly string[]; columns: unknown[][] }> {
  const client = createClient({ url });
  const rows = Object.values(entities)[0]?.length ?? 0;
  let features: readonly string[] = [];
  const columns: unknown[][] = [];
  for (let from = 0; from < rows; from += ROWS_A_REQUEST) {
    const some = Object.fromEntries(
      Object.entries(entities).map(([key, ids]) => [key, ids.slice(from, from + ROWS_A_REQUEST)]),
    );
    const answer = await client.getFeatures({
      service,
      entities: some,
      ...(request ? { request: TRIP } : {}),
      noCache: true,
    });
    features = answer.features;
    for (const row of answer.rows as Record<string, unknown>[]) {
      for (const [i, reference] of features.entries()) {
        (columns[i] ??= []).push(row[reference.slice(reference.indexOf(":") + 1)]);
      }
    }
  }
  return { features, columns };
}

function compareColumn(
  offline: Table,
  feature: string,
  reference: string,
  online: readonly unknown[],
): Omit<Compared, "service"> {
  const column = columnOf(offline, feature);
  const type = valueTypeOfArrow(column.type) as ValueType;
  const read = columnReader(column, type, { column: feature });
  const compared: Omit<Compared, "service"> = { feature: reference, equal: 0, total: online.length, nulls: 0 };
  for (const [row, value] of online.entries()) {
    const expected = read(row);
    if (expected === null) compared.nulls++;
    if (isSame(type, expected, value)) compared.equal++;
    else compared.example ??= `row ${row}: offline ${String(expected)}, online ${String(value)}`;
  }
  return compared;
}

/** Bit for bit: −0 is not 0, and a bigint is not a number. */
function isSame(type: ValueType, expected: Value | null, got: unknown): boolean {
  if (expected === null || got === null) return expected === got;
  if (typeof expected !== typeof got) return false;
  return typeof expected === "object"
    ? valueToJson(type, expected) === valueToJson(type, got as Value)
    : Object.is(expected, got);
}
