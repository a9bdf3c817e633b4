// Files: added, inspected, given their parts, kept for the next visit, forgotten.
import { formFor } from "../choices.ts";
import { choicesOf } from "../files/keeping.ts";
import { counted } from "../format.ts";
import { problemOf } from "../problem.ts";
import { type DataFile, fileOf, listedSources, type State } from "../state.ts";
import type { Surroundings } from "./surroundings.ts";

export interface FileActions {
  /** `as`: the part that they are dropped on; none: the source that is called by their name; a source of null: no part. */
  addFiles(files: readonly File[], as: { entities?: boolean; source?: string | null }): Promise<void>;
  removeFile(id: string): Promise<void>;
  chooseEntities(id: string | null): void;
  chooseSource(source: string, id: string | null): void;
  setKeep(keep: boolean): Promise<void>;
  forget(): Promise<void>;
  /** Finds out what a file holds. */
  inspect(id: string): Promise<void>;
  /** Counts what is kept. */
  measure(): Promise<void>;
}

/** Returns the actions on files; a registry's file is handed to `useRegistryFile`. */
export function fileActions(
  { store, session, keeper, newId }: Surroundings,
  useRegistryFile: (file: File) => Promise<void>,
): FileActions {
  const { update } = store;
  const say = (announcement: string) => update({ announcement });

  const changeFile = (id: string, change: Partial<DataFile>) =>
    update(({ files }) => ({ files: files.map((file) => (file.id === id ? { ...file, ...change } : file)) }));

  async function inspect(id: string): Promise<void> {
    const file = fileOf(store.state, id);
    if (file === undefined) return;
    try {
      const { name, data } = file;
      const facts = await session.call("inspect", { name, data });
      changeFile(id, { facts, problem: null });
      guessEntityTime(id);
      const { form, entities, definitions } = store.state;
      if (form === null && definitions === null && entities !== id) update({ form: formFor(file, facts.columns) });
      say(
        `${name}: ${counted(facts.columns.length, "column")}${facts.rows === null ? "" : `, ${counted(facts.rows, "row")}`}`,
      );
    } catch (fault) {
      const problem = problemOf(fault);
      changeFile(id, { problem, facts: null });
      say(problem.message);
    }
  }

  /** The entity time, where only one column can be it or one has the usual name. */
  function guessEntityTime(id: string): void {
    const { entities, options } = store.state;
    const columns = fileOf(store.state, id)?.facts?.columns;
    if (entities !== id || columns === undefined) return;
    if (columns.some(({ name }) => name === options.entityTime)) return;
    const times = columns.filter(({ type }) => type === "timestamp").map(({ name }) => name);
    const guess = times.includes("event_timestamp") ? "event_timestamp" : (times[0] ?? "");
    update({ options: { ...options, entityTime: guess } });
  }

  async function keepFile(id: string): Promise<void> {
    const file = fileOf(store.state, id);
    if (
      !store.state.keep ||
      keeper === null ||
      file === undefined ||
      !(file.data instanceof Blob) ||
      file.kept ||
      file.facts === null
    )
      return;
    try {
      await keeper.keep(id, file.data);
      changeFile(id, { kept: true });
      update({ keepProblem: null });
    } catch (fault) {
      const { message } = problemOf(fault);
      update({
        keepProblem: {
          code: "store_unavailable",
          message: `${file.name} is not kept for the next visit: ${message}`,
          hint: "it can be used now all the same; make room by forgetting what is kept, or in the browser's settings",
        },
      });
    }
    await measure();
  }

  async function measure(): Promise<void> {
    if (keeper !== null) update({ keptBytes: await keeper.size() });
  }

  store.onChange((state, before) => {
    const changed = (["files", "entities", "sources", "features", "options", "form", "keep"] as const).some(
      (key) => state[key] !== before[key],
    );
    if (changed && state.keep && state.definitions !== undefined)
      void keeper?.saveChoices(choicesOf(state)).catch(() => {});
  });

  const actions: FileActions = {
    inspect,
    measure,
    async addFiles(files, as) {
      for (const file of files) {
        if (/\.json$/i.test(file.name)) {
          await useRegistryFile(file);
          continue;
        }
        const id = newId();
        const added: DataFile = {
          id,
          name: file.name,
          size: file.size,
          data: file,
          kept: false,
          facts: null,
          problem: null,
        };
        const source = as.source === undefined ? sourceNamed(store.state, file.name) : as.source;
        const isEntities = as.entities === true;
        update((state) => ({
          files: [...state.files, added],
          ...(isEntities ? { entities: id } : {}),
          ...(!isEntities && source !== null && source !== undefined
            ? { sources: { ...state.sources, [source]: id } }
            : {}),
        }));
        await inspect(id);
        await keepFile(id);
      }
    },
    async removeFile(id) {
      update(({ files, entities, sources }) => ({
        files: files.filter((file) => file.id !== id),
        entities: entities === id ? null : entities,
        sources: Object.fromEntries(Object.entries(sources).filter(([, file]) => file !== id)),
      }));
      await keeper?.drop(id);
      await measure();
    },
    chooseEntities(id) {
      update({ entities: id });
      if (id !== null) guessEntityTime(id);
    },
    chooseSource(source, id) {
      update(({ sources: { [source]: _, ...others } }) => ({
        sources: id === null ? others : { ...others, [source]: id },
      }));
    },
    async setKeep(keep) {
      update({ keep });
      if (keep) for (const { id } of store.state.files) await keepFile(id);
      else await actions.forget();
    },
    async forget() {
      await keeper?.forget();
      update(({ files }) => ({
        files: files.map((file) => ({ ...file, kept: false })),
        keep: false,
        keepProblem: null,
      }));
      await measure();
      say("Forgotten: nothing is kept in this browser any more");
    },
  };
  return actions;
}

/** Returns the source whose file has that name. */
function sourceNamed(state: State, name: string): string | undefined {
  return listedSources(state).find(({ path }) => path.split("/").at(-1) === name)?.name;
}
