// What is remembered of a visit: which files, in which part, and every choice; and how it is taken up again.
import { type DataFile, OPTIONS, type State } from "../state.ts";
import type { Keeper } from "./opfs.ts";

interface Choices {
  readonly format: 1;
  /** Registries and repos differ: what was chosen under another one is of no use. */
  readonly files: readonly { readonly id: string; readonly name: string; readonly size: number }[];
  readonly entities: string | null;
  readonly sources: State["sources"];
  readonly features: State["features"];
  readonly options: State["options"];
  readonly form: State["form"];
}

/** Returns what of the state is to be remembered. */
export function choicesOf({ files, entities, sources, features, options, form, keep }: State): Choices {
  const kept = keep ? files.filter((file) => file.kept) : [];
  return {
    format: 1,
    files: kept.map(({ id, name, size }) => ({ id, name, size })),
    entities,
    sources,
    features,
    options,
    form,
  };
}

/** Returns what was remembered, with the files that are still there; null where there is nothing. */
export async function restored(keeper: Keeper): Promise<Partial<State> | null> {
  const choices = (await keeper.choices()) as Choices | null;
  if (choices === null || choices.format !== 1 || !Array.isArray(choices.files)) return null;
  const files: DataFile[] = [];
  for (const { id, name, size } of choices.files) {
    const data = await keeper.read(id);
    // Half of it is not it: the browser may have been closed while it was written.
    if (data === null || data.size !== size) continue;
    files.push({ id, name, size, data, kept: true, facts: null, problem: null });
  }
  const { entities, sources, features, form } = choices;
  return { files, entities, sources, features, form, options: { ...OPTIONS, ...choices.options } };
}
