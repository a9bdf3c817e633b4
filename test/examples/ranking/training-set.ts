// The training set that `edgefeat historical` wrote, as rows like those that the store serves.
import { columnReader, valueTypeOfArrow } from "../../../offline/datasets/index.ts";
import { readTableFile } from "../../../offline/datasets/files.ts";
import type { Us } from "../../../sdk/time.ts";
import type { ValueType } from "../../../sdk/types/index.ts";
import type { FeatureRow } from "./model.ts";

export interface TrainingSet {
  /** What came before the features. */
  readonly entities: readonly string[];
  readonly features: readonly { readonly name: string; readonly type: ValueType }[];
  readonly rows: readonly { readonly departureUs: Us; readonly isLate: boolean; readonly values: FeatureRow }[];
}

export async function readTrainingSet(file: string): Promise<TrainingSet> {
  const table = await readTableFile(file);
  const columns = table.schema.fields.map(({ name, type }, i) => {
    const valueType = valueTypeOfArrow(type) as ValueType;
    return { name, type: valueType, read: columnReader(table.getChildAt(i) as never, valueType, { column: name }) };
  });
  const label = columns.findIndex(({ name }) => name === "label_late");
  const rows = Array.from({ length: table.numRows }, (_, row) => {
    const values = Object.fromEntries(columns.map(({ name, read }) => [name, read(row)]));
    return { departureUs: Number(values["departure"]), isLate: values["label_late"] as boolean, values };
  });
  return {
    entities: columns.slice(0, label + 1).map(({ name }) => name),
    features: columns.slice(label + 1).map(({ name, type }) => ({ name, type })),
    rows,
  };
}
