// What is asked for: a service or features, and how; each change makes a new plan.
import { obstacles, type Options } from "../state.ts";
import { problemOf } from "../problem.ts";
import type { Surroundings } from "./surroundings.ts";

export interface AskActions {
  chooseService(service: string | null): void;
  pick(references: readonly string[], on: boolean): void;
  setFilter(filter: string): void;
  setOption(change: Partial<Options>): void;
  plan(): Promise<void>;
}

export function askActions({ store, session }: Surroundings): AskActions {
  const { update } = store;
  let turn = 0;
  let warmed = false;

  // The engine takes seconds to start: it does while the last choices are made.
  store.onChange((state) => {
    if (warmed || state.entities === null || obstacles(state).length > 0) return;
    warmed = true;
    void session.call("warm", undefined as never).catch(() => {});
  });

  const actions: AskActions = {
    chooseService(service) {
      update(({ features }) => ({ features: { ...features, service } }));
      void actions.plan();
    },
    pick(references, on) {
      update(({ features: { picked } }) => {
        const others = picked.filter((reference) => !references.includes(reference));
        return { features: { service: null, picked: on ? [...others, ...references] : others } };
      });
      void actions.plan();
    },
    setFilter: (filter) => update({ filter }),
    setOption: (change) => update(({ options }) => ({ options: { ...options, ...change } })),
    async plan() {
      const { definitions, features } = store.state;
      const mine = ++turn;
      if (!definitions || (features.service === null && features.picked.length === 0))
        return update({ plan: null, planProblem: null });
      const { snapshot, transformsUrl } = definitions;
      try {
        const plan = await session.call("plan", {
          snapshot,
          transformsUrl,
          service: features.service,
          features: features.picked,
        });
        if (mine === turn) update({ plan, planProblem: null });
      } catch (fault) {
        if (mine === turn) update({ plan: null, planProblem: problemOf(fault) });
      }
    },
  };
  return actions;
}
