// Everything that the page shows, as one value; changed only by `update`, which has the page drawn anew.
import type { AuditReport } from "../monitor/audit-report.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import type { Problem } from "./problem.ts";
import type { OwnView } from "./session/own-view.ts";
import type { ColumnProfile } from "./session/profile.ts";
import type { Ages, FileFacts, Page, PlanFacts, ResultFacts } from "./session/protocol.ts";

/** Who serves the page: the command line in a repo or outside of one, or a Worker. */
export type Host = "repo" | "local" | "worker";

export interface Definitions {
  readonly from: "repo" | "worker" | "file" | "form";
  readonly snapshot: Snapshot;
  readonly registry: string;
  readonly transformsUrl: string | null;
  /** Form: the same as TypeScript. */
  readonly code: string | null;
}

export interface DataFile {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  /** null for a file that could not be read back from the last visit. */
  readonly data: Blob | { readonly url: string };
  /** True for a file that stays for the next visit. */
  readonly kept: boolean;
  readonly facts: FileFacts | null;
  readonly problem: Problem | null;
}

/** What is chosen of the features: a service, or some by reference. */
export interface Features {
  readonly service: string | null;
  readonly picked: readonly string[];
}

export interface Options {
  /** "": not chosen yet. */
  readonly entityTime: string;
  /** As typed: "1h"; "" for none. */
  readonly embargo: string;
  /** "off", "row" (at the row's own time), or "column:NAME". */
  readonly asKnownAt: string;
  readonly fullNames: boolean;
  readonly provenance: boolean;
  /** Rows without a readable time are set aside instead of an error. */
  readonly setAside: boolean;
}

/** The audit of a file that was made elsewhere. */
export interface FileAudit {
  readonly file: string | null;
  readonly entityTime: string;
  readonly label: string | null;
  readonly labelTime: string | null;
  /** Whether values are computed anew from the definitions and compared. */
  readonly compare: boolean;
  readonly running: boolean;
  readonly report: AuditReport | null;
  readonly problem: Problem | null;
}

export type Running = {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly startedMs: number;
  readonly nowMs: number;
};

export type Tab = "plan" | "table" | "distributions" | "ages" | "leakage";

export interface Result {
  readonly facts: ResultFacts;
  readonly page: Page | null;
  readonly pageProblem: Problem | null;
  readonly profiles: readonly ColumnProfile[] | null;
  readonly ages: readonly Ages[] | null;
  readonly audit: AuditReport | null;
  /** Of the distributions, ages or the audit. */
  readonly problem: Problem | null;
  readonly label: { readonly column: string | null; readonly time: string | null };
  /** What it was built from: a change since then makes it stale. */
  readonly builtFrom: string;
}

export interface State {
  readonly host: Host;
  /** undefined: still being asked for. */
  readonly definitions: Definitions | null | undefined;
  readonly definitionsProblem: Problem | null;
  readonly wantsToken: boolean;
  readonly form: OwnView | null;
  readonly formProblem: Problem | null;
  readonly files: readonly DataFile[];
  /** The id of the file with the entity rows. */
  readonly entities: string | null;
  /** By source: the id of its file. */
  readonly sources: Readonly<Record<string, string>>;
  readonly keep: boolean;
  readonly keepProblem: Problem | null;
  readonly keptBytes: number;
  readonly features: Features;
  readonly filter: string;
  readonly options: Options;
  readonly plan: PlanFacts | null;
  readonly planProblem: Problem | null;
  readonly running: Running | null;
  readonly runProblem: Problem | null;
  readonly result: Result | null;
  readonly tab: Tab;
  readonly exporting: string | null;
  readonly exportProblem: Problem | null;
  readonly fileAudit: FileAudit;
  /** Read out by screen readers as it changes. */
  readonly announcement: string;
}

export const OPTIONS: Options = {
  entityTime: "",
  embargo: "",
  asKnownAt: "off",
  fullNames: false,
  provenance: false,
  setAside: false,
};

const FILE_AUDIT: FileAudit = {
  file: null,
  entityTime: "",
  label: null,
  labelTime: null,
  compare: false,
  running: false,
  report: null,
  problem: null,
};

/** Returns the state before anything is known. */
export function firstState(host: Host): State {
  return {
    host,
    definitions: undefined,
    definitionsProblem: null,
    wantsToken: false,
    form: null,
    formProblem: null,
    files: [],
    entities: null,
    sources: {},
    keep: true,
    keepProblem: null,
    keptBytes: 0,
    features: { service: null, picked: [] },
    filter: "",
    options: OPTIONS,
    plan: null,
    planProblem: null,
    running: null,
    runProblem: null,
    result: null,
    tab: "plan",
    exporting: null,
    exportProblem: null,
    fileAudit: FILE_AUDIT,
    announcement: "",
  };
}

export interface Store {
  readonly state: State;
  update(change: Partial<State> | ((state: State) => Partial<State>)): void;
  /** Calls `listener` after each change, with the state before it. */
  onChange(listener: (state: State, before: State) => void): void;
}

export function createStore(first: State): Store {
  let state = first;
  const listeners: ((state: State, before: State) => void)[] = [];
  return {
    get state() {
      return state;
    },
    update(change) {
      const before = state;
      state = { ...state, ...(typeof change === "function" ? change(state) : change) };
      for (const listener of listeners) listener(state, before);
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

export function fileOf(state: State, id: string | null | undefined): DataFile | undefined {
  return state.files.find((file) => file.id === id);
}

/** Returns the names of the sources that the plan reads; of all views where there is no plan yet. */
export function neededSources({ plan }: State): readonly string[] {
  return plan === null ? [] : [...new Set(plan.reads.map(({ source }) => source))];
}

export interface ListedSource {
  readonly name: string;
  readonly path: string;
  readonly format: string;
}

/** Returns every source of the definitions, once. */
export function listedSources({ definitions }: State): ListedSource[] {
  const found = new Map<string, ListedSource>();
  for (const { latest, active, versions } of Object.values(definitions?.snapshot.views ?? {})) {
    const spec = versions[String(active ?? latest)]?.spec;
    if (spec === undefined || spec.kind === "onDemand") continue;
    const { name, path, format } = spec.source;
    found.set(name, { name, path, format });
  }
  return [...found.values()];
}

/** True until it is known which columns a file has, or why it can't be read. */
function isBeingRead({ facts, problem }: DataFile): boolean {
  return facts === null && problem === null;
}

/** Returns what keeps the training set from being built, in words; none when it can be. */
export function obstacles(state: State): string[] {
  const { definitions, features, plan, planProblem, options } = state;
  if (!definitions) return ["choose or describe the definitions"];
  if (features.service === null && features.picked.length === 0) return ["choose a service or some features"];
  if (planProblem !== null) return [planProblem.message];
  if (plan === null) return ["wait for the plan"];
  const entities = fileOf(state, state.entities);
  const columns = new Set(entities?.facts?.columns.map(({ name }) => name));
  return [
    ...(entities === undefined ? ["choose the file with the entity rows"] : []),
    ...(entities?.problem ? [`the entity rows: ${entities.problem.message}`] : []),
    ...(entities !== undefined && isBeingRead(entities) ? [`wait until ${entities.name} was looked into`] : []),
    ...(entities?.facts && options.entityTime === "" ? ["choose the column of the entity time"] : []),
    ...(entities?.facts
      ? plan.needs
          .filter(({ name }) => !columns.has(name))
          .map(({ name, what }) => `the entity rows lack the column ${name} (${what})`)
      : []),
    ...neededSources(state).flatMap((source) => {
      const file = fileOf(state, state.sources[source]);
      if (file === undefined) return [`choose a file for the source ${source}`];
      if (isBeingRead(file)) return [`wait until ${file.name} was looked into`];
      return file.problem === null ? [] : [`${source}: ${file.problem.message}`];
    }),
  ];
}

/** Returns a text of all that a result depends on. */
export function inputsText(state: State): string {
  const { definitions, features, entities, sources, options } = state;
  const { provenance: _, ...rest } = options;
  return JSON.stringify([definitions?.registry, features, entities, neededSources(state).map((s) => sources[s]), rest]);
}
