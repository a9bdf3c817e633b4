// One job at a time on an engine: joins and materializations name their tables alike.
import type { Engine } from "./port.ts";

const last = new WeakMap<Engine, Promise<unknown>>();

/** Runs `work` once every job given before it for this engine has ended, well or not, and returns its result. */
export function exclusively<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  const turn = (last.get(engine) ?? Promise.resolve()).then(work, work);
  last.set(
    engine,
    turn.catch(() => {}),
  );
  return turn;
}
