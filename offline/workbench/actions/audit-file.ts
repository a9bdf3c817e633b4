// The audit of a training set that was made elsewhere: by its own event times, and by the definitions where they are here.
import { parseDuration } from "../../../sdk/time.ts";
import { embargoUs } from "../choices.ts";
import { problemOf } from "../problem.ts";
import { type DataFile, fileOf, type FileAudit, neededSources } from "../state.ts";
import type { FileActions } from "./files.ts";
import type { Surroundings } from "./surroundings.ts";

export interface AuditFileActions {
  chooseFileAudit(id: string | null): void;
  dropFileAudit(files: readonly File[]): Promise<void>;
  setFileAudit(change: Partial<FileAudit>): void;
  runFileAudit(): Promise<void>;
}

export function auditFileActions(
  { store, session }: Surroundings,
  addFiles: FileActions["addFiles"],
): AuditFileActions {
  const { update } = store;
  const set = (change: Partial<FileAudit>) => update(({ fileAudit }) => ({ fileAudit: { ...fileAudit, ...change } }));
  const actions: AuditFileActions = {
    chooseFileAudit(id) {
      const { columns = [], metadata = {} } = fileOf(store.state, id)?.facts ?? {};
      const time =
        columns.find(({ name }) => name === "event_timestamp") ?? columns.find(({ type }) => type === "timestamp");
      actions.setFileAudit({
        file: id,
        entityTime: metadata["edgefeat.entity_time"] ?? time?.name ?? "",
        label: null,
        labelTime: null,
      });
    },
    async dropFileAudit(files) {
      const before = new Set(store.state.files.map(({ id }) => id));
      await addFiles(files, { source: null });
      actions.chooseFileAudit(store.state.files.findLast(({ id }) => !before.has(id))?.id ?? null);
    },
    setFileAudit: (change) => set({ ...change, report: null, problem: null }),
    async runFileAudit() {
      const { state } = store;
      const { file: id, entityTime, label, labelTime, compare } = state.fileAudit;
      const file = fileOf(state, id);
      const { definitions, features, sources } = state;
      if (file === undefined || state.fileAudit.running) return;
      set({ running: true, report: null, problem: null });
      const input = ({ name, data }: DataFile) => ({ name, data });
      try {
        const files = neededSources(state).flatMap((source) => {
          const of = fileOf(state, sources[source]);
          return of === undefined ? [] : [[source, input(of)] as const];
        });
        const ask = definitions
          ? {
              snapshot: definitions.snapshot,
              transformsUrl: definitions.transformsUrl,
              service: features.service,
              features: features.picked,
            }
          : null;
        const report = await session.call("audit", {
          file: input(file),
          entityTime,
          // What the file says of itself counts before what is chosen here for another one.
          embargoUs: parseDuration(file.facts?.metadata["edgefeat.embargo"] ?? "0s") || embargoUs(state.options),
          label,
          labelTime: label === null ? null : labelTime,
          eventTimes: (file.facts?.columns ?? [])
            .map((column) => column.name)
            .filter((name) => name.endsWith("__event_time")),
          definitions:
            compare && ask !== null && state.plan !== null ? { ask, sources: Object.fromEntries(files) } : null,
        });
        set({ report });
        update({ announcement: `The audit is done: ${report.verdict}` });
      } catch (fault) {
        set({ problem: problemOf(fault) });
      } finally {
        set({ running: false });
      }
    },
  };
  return actions;
}
