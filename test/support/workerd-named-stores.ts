// Many stores of Durable Objects in one namespace, so that each test can have one of its own, of any count of shards.
import type { EdgefeatStore } from "../../worker/store/durable-object.ts";

export type Stores = DurableObjectNamespace<EdgefeatStore>;

/** Returns what looks like a store's own namespace; `onCall` hears the name of each object that is called. */
export function storeNamed(stores: Stores, name: string, onCall: (object: string) => void = () => {}): Stores {
  return {
    getByName(object: string) {
      onCall(object);
      return stores.getByName(`${name}/${object}`);
    },
  } as Stores;
}
