// Looking at the training set: pages of rows, what each tab shows, and files of it.
import { problemOf } from "../problem.ts";
import type { ExportFormat } from "../session/protocol.ts";
import type { Result, Tab } from "../state.ts";
import type { Surroundings } from "./surroundings.ts";

export const PAGE_ROWS = 100;

export interface LookActions {
  showTab(tab: Tab): void;
  /** From the row of that number, counted from 0, or as near as there are rows. */
  showRows(from: number): Promise<void>;
  setLabel(label: Result["label"]): void;
  exportAs(format: ExportFormat): Promise<void>;
  exportSetAside(of: string): Promise<void>;
  /** Shows a result that has just come. */
  showResult(): Promise<void>;
}

export function lookActions({ store, session, download }: Surroundings): LookActions {
  const { update } = store;

  /** Changes the result by what `work` finds, unless another result has come since. */
  async function looking(at: "problem" | "pageProblem", work: () => Promise<Partial<Result>>): Promise<void> {
    const facts = store.state.result?.facts;
    const set = (change: Partial<Result>) =>
      update(({ result }) => (result !== null && result.facts === facts ? { result: { ...result, ...change } } : {}));
    try {
      set({ ...(await work()), [at]: null });
    } catch (fault) {
      set({ [at]: problemOf(fault) });
    }
  }

  /** What a tab shows is computed when it is first looked at. */
  async function lookInto(tab: Tab): Promise<void> {
    const { result } = store.state;
    if (result === null) return;
    const features = result.facts.columns.filter(({ role }) => role === "feature").map(({ name }) => name);
    if (tab === "distributions" && result.profiles === null) {
      await looking("problem", async () => ({ profiles: await session.call("profiles", features) }));
    } else if (tab === "ages" && result.ages === null) {
      await looking("problem", async () => ({ ages: await session.call("ages", undefined) }));
    } else if (tab === "leakage" && result.audit === null) {
      await looking("problem", async () => ({ audit: await session.call("auditResult", result.label) }));
    }
  }

  async function exporting(what: string, name: string, work: () => Promise<Blob>): Promise<void> {
    update({ exporting: what, exportProblem: null });
    try {
      download(name, await work());
      update({ announcement: `${name} is ready` });
    } catch (fault) {
      update({ exportProblem: problemOf(fault) });
    } finally {
      update({ exporting: null });
    }
  }

  const actions: LookActions = {
    showTab(tab) {
      update({ tab });
      void lookInto(tab);
    },
    async showRows(from) {
      const { result } = store.state;
      if (result === null) return;
      const { rows, columns } = result.facts;
      const last = Math.max(0, Math.ceil(rows / PAGE_ROWS) - 1) * PAGE_ROWS;
      const range = {
        from: Math.min(Math.max(0, from), last),
        count: PAGE_ROWS,
        columns: columns.map(({ name }) => name),
      };
      await looking("pageProblem", async () => ({ page: await session.call("page", range) }));
    },
    setLabel(label) {
      update(({ result }) => (result === null ? {} : { result: { ...result, label, audit: null } }));
      void lookInto("leakage");
    },
    exportAs(format) {
      const { features, options } = store.state;
      const name = `${features.service ?? "training_set"}.${format}`;
      return exporting(format, name, () => session.call("exportAs", { format, provenance: options.provenance }));
    },
    exportSetAside: (of) =>
      exporting(of, `${of.replaceAll(" ", "_")}_set_aside.csv`, () => session.call("exportSetAside", of)),
    async showResult() {
      await actions.showRows(0);
      await lookInto(store.state.tab);
    },
  };
  return actions;
}
