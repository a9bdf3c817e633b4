// The repo folder's definitions: run, compiled against the files of their sources, with their TypeScript transforms.
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { EdgefeatError } from "../../errors.ts";
import { type Transforms, transformsOf } from "../../plan/index.ts";
import {
  collectDefinitions,
  type ColumnTypes,
  type Compiled,
  compileDefinitions,
  type Definitions,
  sourceSpec,
  type SourceSpec,
  typesInDefinitions,
} from "../../registry/index.ts";
import type { LoadedConfig } from "./config.ts";
import { runModule } from "./run-module.ts";
import { emptySource, sourceColumns } from "./sources.ts";

export interface LoadedDefinitions {
  readonly compiled: Compiled;
  readonly transforms: Transforms;
}

/**
 * Returns the compiled definitions of a config.
 * @throws definitions_not_found, definitions_do_not_compile, file_not_found, and as compileDefinitions
 */
export async function loadDefinitions(loaded: LoadedConfig): Promise<LoadedDefinitions> {
  const definitions = await runDefinitions(loaded);
  const columns = await readColumns(loaded.repo, definitions);
  const selects = await readSelects(loaded, definitions);
  const compiled = compileDefinitions(definitions, {
    columnsOf: (source) => columns.get(source.name),
    columnsOfSelect: (view) => selects.get(view),
  });
  return { compiled, transforms: transformsOf(definitions) };
}

/** Returns the TypeScript transforms of a config's definitions, which need no file of a source. @throws as loadDefinitions */
export async function loadTransforms(loaded: LoadedConfig): Promise<Transforms> {
  return transformsOf(await runDefinitions(loaded));
}

/** Returns what a server needs of a config's definitions: their transforms, and whether a view takes pushes. @throws as loadDefinitions */
export async function loadServed(loaded: LoadedConfig): Promise<{ transforms: Transforms; takesPushes: boolean }> {
  const definitions = await runDefinitions(loaded);
  const takesPushes = [...definitions.views.values()].some(({ push }) => push === true);
  return { transforms: transformsOf(definitions), takesPushes };
}

async function runDefinitions({ repo, definitionsFile }: LoadedConfig): Promise<Definitions> {
  const shown = relative(repo, definitionsFile);
  if (!existsSync(definitionsFile)) {
    throw new EdgefeatError("definitions_not_found", `there is no file ${shown}`, {
      hint: "make it, or correct definitions in edgefeat.config.ts",
    });
  }
  const definitions = collectDefinitions(await runModule(definitionsFile, repo));
  if (definitions.views.size + definitions.onDemandViews.size > 0) return definitions;
  throw new EdgefeatError("definition_invalid", `${shown} exports no views`, {
    hint: "export what featureView(…) returns",
  });
}

/** Asks DuckDB what the views' own queries give, which also tells whether they can run. */
async function readSelects(loaded: LoadedConfig, definitions: Definitions): Promise<ReadonlyMap<string, ColumnTypes>> {
  if ([...definitions.views.values()].every(({ select }) => select === undefined)) return new Map();
  const { openConfiguredEngine } = await import("./engine.ts");
  const { selectTypes } = await import("../../../offline/join/select-rows.ts");
  const engine = await openConfiguredEngine(loaded);
  try {
    return await selectTypes(engine, definitions, (definition) => {
      return emptySource(loaded.repo, sourceSpec(definition), () => typesInDefinitions(definitions, definition));
    });
  } finally {
    await engine.close();
  }
}

/** Reads the columns of every source whose definition doesn't tell them. */
async function readColumns(repo: string, definitions: Definitions): Promise<Map<string, ColumnTypes>> {
  const columns = new Map<string, ColumnTypes>();
  for (const definition of definitions.sources.values()) {
    const { name, schema } = definition;
    if (schema !== undefined && Object.keys(schema).length > 0) continue;
    const source: SourceSpec = { ...sourceSpec(definition), schema: null };
    columns.set(name, await sourceColumns(repo, source, () => typesInDefinitions(definitions, definition)));
  }
  return columns;
}
