// Definitions: the repo's, a Worker's, a saved registry's, or a view described in the form.
import { EdgefeatError } from "../../../sdk/errors.ts";
import { restored } from "../files/keeping.ts";
import { problemOf } from "../problem.ts";
import type { OwnView } from "../session/own-view.ts";
import { type DataFile, type Definitions, listedSources } from "../state.ts";
import type { FileActions } from "./files.ts";
import type { Surroundings } from "./surroundings.ts";

export interface DefinitionActions {
  /** Takes up what was kept, and looks for definitions where the page comes from. */
  start(): Promise<void>;
  loadDefinitions(): Promise<void>;
  /** "": without a token. */
  fetchRegistry(token: string): Promise<void>;
  useRegistryFile(file: File): Promise<void>;
  editForm(form: OwnView | null): void;
  applyForm(): Promise<void>;
  leaveDefinitions(): void;
}

/** What `edgefeat workbench` tells of the repo folder that it was started in. */
interface RepoFacts {
  readonly registry: string;
  readonly snapshot: Definitions["snapshot"];
  readonly transforms: boolean;
  readonly files: readonly {
    readonly name: string;
    readonly source: string | null;
    readonly size: number;
    readonly url: string;
  }[];
}

/** Returns the actions on definitions; `replan` is called once there are others. */
export function definitionActions(
  { store, session, keeper, host, fetch }: Surroundings,
  files: () => FileActions,
  replan: () => void,
): DefinitionActions {
  const { update } = store;
  const absolute = (url: string) => new URL(url, document.baseURI).href;

  function useDefinitions(definitions: Definitions): void {
    const { services } = definitions.snapshot;
    update(({ features, sources, files }) => {
      const service = features.service !== null && Object.hasOwn(services, features.service) ? features.service : null;
      const known = new Set(allReferences(definitions));
      const picked = features.picked.filter((reference) => known.has(reference));
      const only = Object.keys(services)[0] ?? null;
      const chosen = service === null && picked.length === 0 ? only : service;
      const names = listedSources({ ...store.state, definitions });
      const assigned = names.flatMap(({ name, path }) => {
        const at = sources[name] ?? files.find((file) => file.name === path.split("/").at(-1))?.id;
        return at === undefined ? [] : [[name, at] as const];
      });
      return {
        definitions,
        definitionsProblem: null,
        wantsToken: false,
        features: {
          service: chosen,
          picked: chosen === null && picked.length === 0 && definitions.from === "form" ? [...known] : picked,
        },
        sources: Object.fromEntries(assigned),
      };
    });
    replan();
  }

  async function loadRepo(): Promise<void> {
    const response = await fetch(absolute("./repo.json"));
    const body = (await response.json()) as RepoFacts & { code?: string; message: string; hint?: string };
    if (!response.ok)
      throw new EdgefeatError(
        "definitions_do_not_compile",
        body.message,
        body.hint === undefined ? {} : { hint: body.hint },
      );
    const served = body.files.map(({ name, source, size, url }) => ({
      id: `served:${url}`,
      source,
      file: {
        id: `served:${url}`,
        name,
        size,
        data: { url: absolute(url) },
        kept: false,
        facts: null,
        problem: null,
      } satisfies DataFile,
    }));
    update(({ files, sources, entities }) => ({
      files: [...served.map(({ file }) => file), ...files.filter(({ id }) => !id.startsWith("served:"))],
      sources: {
        ...sources,
        ...Object.fromEntries(served.flatMap(({ id, source }) => (source === null ? [] : [[source, id] as const]))),
      },
      entities: served.find(({ source }) => source === null)?.id ?? entities,
    }));
    useDefinitions({
      from: "repo",
      snapshot: body.snapshot,
      registry: body.registry,
      transformsUrl: body.transforms ? absolute("./repo-definitions.js") : null,
      code: null,
    });
    for (const { id } of served) void files().inspect(id);
  }

  const actions: DefinitionActions = {
    async start() {
      if (keeper !== null) {
        const before = await restored(keeper).catch(() => null);
        if (before !== null) update(before);
        await files().measure();
      }
      for (const { id } of store.state.files) void files().inspect(id);
      await actions.loadDefinitions();
      if (store.state.definitions === null && store.state.form !== null) await actions.applyForm();
    },
    async loadDefinitions() {
      if (host === "worker") return actions.fetchRegistry("");
      if (host === "local") return update({ definitions: null });
      try {
        await loadRepo();
      } catch (fault) {
        update({ definitions: null, definitionsProblem: problemOf(fault) });
      }
    },
    async fetchRegistry(token) {
      try {
        const response = await fetch(absolute("../v1/registry"), {
          headers: token === "" ? {} : { authorization: `Bearer ${token}` },
        });
        const text = await response.text();
        if (response.status === 401 || response.status === 403) {
          const refused = {
            code: "unauthorized",
            message: "the token was refused",
            hint: "use one that may read the registry: edgefeat token create",
          };
          return update({ definitions: null, wantsToken: true, definitionsProblem: token === "" ? null : refused });
        }
        if (!response.ok) {
          const { detail, hint } = JSON.parse(text) as { detail?: string; hint?: string };
          throw new EdgefeatError("registry_not_found", detail ?? `the server answered ${response.status}`, {
            hint: hint ?? "apply definitions first, or describe a view below",
          });
        }
        const { snapshot, registry } = await session.call("checkRegistry", text);
        useDefinitions({ from: "worker", snapshot, registry, transformsUrl: null, code: null });
      } catch (fault) {
        const problem =
          fault instanceof SyntaxError
            ? {
                code: "registry_not_found",
                message: "there is no registry beside this page",
                hint: "drop a file saved from GET /v1/registry, or describe a view",
              }
            : problemOf(fault);
        update({ definitions: null, definitionsProblem: problem });
      }
    },
    async useRegistryFile(file) {
      try {
        const { snapshot, registry } = await session.call("checkRegistry", await file.text());
        useDefinitions({ from: "file", snapshot, registry, transformsUrl: null, code: null });
      } catch (fault) {
        const problem = problemOf(fault);
        update({ definitionsProblem: { ...problem, message: `${file.name}: ${problem.message}` } });
      }
    },
    editForm: (form) => update({ form, formProblem: null }),
    async applyForm() {
      const { form } = store.state;
      if (form === null) return;
      try {
        const { snapshot, code } = await session.call("ownView", form);
        const file = store.state.files.find(({ name }) => name === form.file);
        if (file !== undefined)
          update(({ sources }) => ({ sources: { ...sources, [`${form.view}_source`]: file.id } }));
        update({ formProblem: null, features: { service: null, picked: [] } });
        useDefinitions({ from: "form", snapshot, registry: code, transformsUrl: null, code });
        update({ announcement: `The view ${form.view} is ready` });
      } catch (fault) {
        update({ formProblem: problemOf(fault) });
      }
    },
    leaveDefinitions: () =>
      update({ definitions: null, plan: null, planProblem: null, features: { service: null, picked: [] } }),
  };
  return actions;
}

/** Returns every feature of the definitions by its reference. */
function allReferences({ snapshot }: Definitions): string[] {
  return Object.entries(snapshot.views).flatMap(([view, { active, versions }]) =>
    (versions[String(active)]?.spec.features ?? []).map(({ name }) => `${view}:${name}`),
  );
}
