// What actions work with: the state, the worker that holds the data, the browser's storage; passed in, so that tests can too.
import type { Keeper } from "../files/opfs.ts";
import type { SessionCalls } from "../session/protocol.ts";
import type { Remote } from "../session/remote.ts";
import type { Host, Store } from "../state.ts";

export interface Surroundings {
  readonly store: Store;
  readonly session: Remote<SessionCalls>;
  /** null where the browser has no place to keep files. */
  readonly keeper: Keeper | null;
  readonly host: Host;
  /** Makes ids that no file of this browser has yet. */
  newId(): string;
  readonly fetch: typeof globalThis.fetch;
  /** Hands a file to the user. */
  download(name: string, blob: Blob): void;
  /** Brings the result in sight where it is not beside what was chosen. */
  reveal(): void;
}
