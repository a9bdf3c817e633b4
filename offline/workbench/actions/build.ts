// Building the training set: by the worker, with progress; cancelled or failed, it loses nothing that was chosen.
import { elapsedMs } from "../clock.ts";
import { embargoUs, knownAt } from "../choices.ts";
import { commandText } from "../command-text.ts";
import { counted, seconds } from "../format.ts";
import { problemOf } from "../problem.ts";
import type { JoinInput, Stage } from "../session/protocol.ts";
import { type DataFile, fileOf, inputsText, neededSources, obstacles, type State } from "../state.ts";
import type { Surroundings } from "./surroundings.ts";

export interface BuildActions {
  run(): Promise<void>;
  cancel(): void;
}

const CANCEL_WITHIN_MS = 2_000;

/** `onBuilt` is called with each new result in the state. */
export function buildActions({ store, session, reveal }: Surroundings, onBuilt: () => Promise<void>): BuildActions {
  const { update } = store;
  const say = (announcement: string) => update({ announcement });
  let stop: AbortController | undefined;

  return {
    async run() {
      const { state } = store;
      if (state.running !== null) return;
      const [obstacle] = obstacles(state);
      if (obstacle !== undefined) return say(`It can't be built yet: ${obstacle}`);
      const controller = (stop = new AbortController());
      const startedMs = elapsedMs();
      update({
        running: { stage: "start", done: 0, total: 0, startedMs, nowMs: startedMs },
        runProblem: null,
        exportProblem: null,
      });
      say("Building the training set");
      try {
        const facts = await session.call<"join", Stage>("join", joinInput(state), {
          signal: controller.signal,
          onProgress: (stage) =>
            update(({ running }) =>
              running === null ? {} : { running: { ...running, ...stage, nowMs: elapsedMs() } },
            ),
        });
        update(({ result, tab }) => ({
          running: null,
          tab: result === null ? "table" : tab,
          result: {
            facts,
            page: null,
            pageProblem: null,
            profiles: null,
            ages: null,
            audit: null,
            problem: null,
            label: result?.label ?? { column: null, time: null },
            builtFrom: inputsText(state),
          },
        }));
        say(`Done: ${counted(facts.rows, "row")} in ${seconds(facts.seconds)}`);
        reveal();
        await onBuilt();
      } catch (fault) {
        const problem = problemOf(fault);
        const cancelled = problem.code === "cancelled" || controller.signal.aborted;
        // The worker lets the last one go before it makes another.
        update({ running: null, runProblem: cancelled ? null : problem, result: null });
        say(cancelled ? "Cancelled: files and choices are as they were" : `It failed: ${problem.message}`);
      }
    },
    cancel() {
      const cancelled = stop;
      cancelled?.abort();
      // What can't be interrupted, such as reading one huge file, ends with its worker.
      setTimeout(() => {
        if (stop === cancelled && store.state.running !== null) session.end("it was cancelled");
      }, CANCEL_WITHIN_MS);
    },
  };
}

function joinInput(state: State): JoinInput {
  const { definitions, features, options, sources } = state;
  const input = (id: string | null | undefined) => {
    const { name, data } = fileOf(state, id) as DataFile;
    return { name, data };
  };
  const { snapshot, transformsUrl } = definitions as NonNullable<State["definitions"]>;
  return {
    ask: { snapshot, transformsUrl, service: features.service, features: features.picked },
    choices: {
      entityTime: options.entityTime,
      embargoUs: embargoUs(options),
      asKnownAt: knownAt(options),
      fullNames: options.fullNames,
      setAside: options.setAside,
    },
    entities: input(state.entities),
    command: commandText(state),
    sources: Object.fromEntries(neededSources(state).map((source) => [source, input(sources[source])])),
  };
}
