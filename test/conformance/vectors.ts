// The conformance vectors on a SQL engine: each case's point-in-time join gives what the file says, to the bit.
import { Vector } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../offline/engine/index.ts";
import { getHistoricalFeatures, type HistoricalOptions } from "../../offline/index.ts";
import { snapshotOf } from "../../sdk/registry/index.ts";
import { parseDuration } from "../../sdk/time.ts";
import { compiledOf, SERVICE } from "./vectors/definitions.ts";
import { readVectors, type VectorCase, type VectorSource } from "./vectors/format.ts";
import { arrowTableOf, bitsOfCells, bitsOfTable } from "./vectors/tables.ts";

export interface VectorOptions extends Pick<HistoricalOptions, "joinForm"> {
  /** Which cases to run; default all. */
  only?: (vector: VectorCase) => boolean;
}

/** Describes the suite of an engine; `open` makes a new one. */
export function vectorConformance(
  name: string,
  open: () => Promise<Engine>,
  { only = () => true, ...how }: VectorOptions = {},
): void {
  describe(`the conformance vectors on ${name}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    }, 60_000);
    afterAll(() => engine.close());

    for (const { file, cases: all } of readVectors()) {
      const cases = all.filter(only);
      if (cases.length === 0) continue;
      describe(file, () => {
        it.each(cases.map((vector) => [titleOf(vector), vector] as const))("%s", async (_, vector) => {
          const { expect: expected, entityRows } = vector;
          const entities = arrowTableOf(entityRows);
          const { table } = await getHistoricalFeatures({ ...optionsOf(vector), engine, entities, ...how });
          expect(table.schema.fields.map(({ name: column }) => column)).toStrictEqual([
            ...Object.keys(entityRows.columns),
            ...Object.keys(expected.columns),
          ]);
          expect(bitsOfTable(table, expected.columns)).toStrictEqual(bitsOfCells(expected));
          // SEMANTICS 2.6: what came passes through as it came, types included.
          for (const [i, field] of entities.schema.fields.entries()) {
            expect(String(table.schema.fields[i]?.type)).toBe(String(field.type));
            expect(shown(table.getChildAt(i))).toBe(shown(entities.getChildAt(i)));
          }
        });
      });
    }
  });
}

/** A value of Arrow's as text, whatever object it is. */
function shown(value: unknown): string {
  return value instanceof Vector || ArrayBuffer.isView(value)
    ? `[${[...(value as Iterable<unknown>)].map(shown).join("; ")}]`
    : `${typeof value} ${String(value)}`;
}

export function titleOf({ rules, id, title }: VectorCase): string {
  return `${rules.join(", ")} ${id}: ${title}`;
}

function optionsOf(vector: VectorCase): Omit<HistoricalOptions, "engine" | "entities"> {
  const { asKnownAt, embargo, fullNames = false } = vector;
  return {
    snapshot: snapshotOf("vectors", "test", compiledOf(vector)),
    request: { service: SERVICE },
    entityTime: vector.entityRows.time,
    readSource: async ({ name }) => arrowTableOf(vector.sources[name] as VectorSource),
    fullNames,
    ...(embargo === undefined ? {} : { embargoUs: parseDuration(embargo) }),
    ...(asKnownAt === undefined ? {} : { asKnownAt }),
  };
}
