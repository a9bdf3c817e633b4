// Who makes one request: judged by what is known where that suffices, else by what its first read of the store brings.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { PlanRequest } from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import type { Clock, Ms } from "../../sdk/time.ts";
import { changedByOthers, reasonOf, retryAfter, storeUnavailable } from "../store/faults.ts";
import type { OnlineStore } from "../store/port.ts";
import type { TokenGate } from "./gate.ts";
import { type Access, type Principal, reaches, ROOT } from "./principal.ts";
import { checkRequest } from "./scope.ts";

/** Charges a caller with one request, by its key. @throws rate_limited */
export type Charge = (principal: Principal, request: Request) => Promise<void> | undefined;

export interface CallerParts {
  readonly gate: TokenGate;
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly charge: Charge | null;
  /** How long a token may be taken for valid while the store fails and can't be asked. */
  readonly maxStaleMs: Ms;
}

const NO_KEYS: readonly string[] = [];
const MAX_ATTEMPTS = 4;

/** What a request's handling needs to know of who makes it. Nothing may be answered while `principal` is null. */
export interface Caller {
  readonly principal: Principal | null;
  /** What to read along with the rows and the control record; nothing once the principal is known. */
  readonly keys: readonly string[];
  /** On the elapsed clock, when what the principal was judged by was last seen to be current; +∞ where nothing in the store can change it. */
  readonly checkedAtMs: Ms;
  /**
   * Takes in what a read that began at `atMs` on the elapsed clock brought: the control record, and the text under `keys`
   * (undefined when it was not read). `control` is undefined when nothing was read, or the store failed and memory stands
   * in; `fault` then says why. Reads once more where the record names another token set. Returns undefined when there is
   * nothing to wait for.
   * @throws unauthorized, forbidden, rate_limited, row_corrupt; store_unavailable when the caller can't be judged
   */
  settle(
    control: string | null | undefined,
    set: string | null | undefined,
    atMs: Ms,
    fault?: unknown,
  ): Promise<void> | undefined;
  /** Judges by a read of its own, unless that was done within `maxAgeMs`. @throws as settle */
  admit(maxAgeMs: Ms): Promise<void> | undefined;
  /** Checks that the caller may ask this; does nothing while it isn't known. @throws forbidden, bad_request */
  checkRequest(request: PlanRequest, snapshot: Snapshot): void;
}

/** Returns the principal of a caller that was judged before; every route's handler may count on it, but those that judge themselves. */
export function judged({ principal }: Caller): Principal {
  if (principal !== null) return principal;
  throw new EdgefeatError("internal_error", "a handler was entered before its caller was judged");
}

/** The caller of code that runs in the Worker itself, which may do all. */
export const TRUSTED: Caller = {
  principal: ROOT,
  keys: NO_KEYS,
  checkedAtMs: Number.POSITIVE_INFINITY,
  settle: () => undefined,
  admit: () => undefined,
  checkRequest: () => {},
};

/** The caller of an HTTP request, by its Authorization header. */
export class HttpCaller implements Caller {
  readonly #parts: CallerParts;
  readonly #request: Request;
  readonly #access: Access;
  readonly #header: string | null;
  #principal: Principal | null;
  #charged = false;

  /** @throws unauthorized, where that can be said without asking the store */
  constructor(parts: CallerParts, request: Request, access: Access) {
    this.#parts = parts;
    this.#request = request;
    this.#access = access;
    this.#header = parts.gate.isOpen(access) ? null : request.headers.get("authorization");
    this.#principal = parts.gate.judge(this.#header, access);
  }

  get principal(): Principal | null {
    return this.#principal;
  }

  get keys(): readonly string[] {
    return this.#principal === null ? [this.#parts.gate.key] : NO_KEYS;
  }

  get checkedAtMs(): Ms {
    return this.#isFixed ? Number.POSITIVE_INFINITY : this.#parts.gate.checkedAtMs;
  }

  /**
   * Refuses a caller that may not do this, and charges one that may, but for what is open to all; does nothing while the
   * caller isn't known. @throws forbidden, rate_limited
   */
  enter(): Promise<void> | undefined {
    const principal = this.#principal;
    if (principal === null) return undefined;
    if (!reaches(principal, this.#access)) {
      throw new EdgefeatError("forbidden", `the token may ${principal.access}, but this needs ${this.#access}`, {
        hint: "ask an admin for another token",
      });
    }
    const { charge } = this.#parts;
    if (charge === null || this.#charged || this.#access === "open") return undefined;
    this.#charged = true;
    return charge(principal, this.#request);
  }

  settle(
    control: string | null | undefined,
    set: string | null | undefined,
    atMs: Ms,
    fault?: unknown,
  ): Promise<void> | undefined {
    if (this.#isFixed) return undefined;
    const { gate, maxStaleMs } = this.#parts;
    if (control === undefined) {
      if (this.#principal !== null && atMs - gate.checkedAtMs < maxStaleMs) return undefined;
      throw storeUnavailable(reasonOf(fault) ?? "failed", "the store can't be asked whether the token still holds", {
        hint: "try again",
        ...retryAfter(fault),
        cause: fault,
      });
    }
    if (set !== undefined) gate.learn(set, control, atMs);
    return gate.isCurrent(control, atMs) ? this.#judge() : this.#readAndJudge(control);
  }

  admit(maxAgeMs: Ms): Promise<void> | undefined {
    const { gate, clock } = this.#parts;
    if (this.#isFixed) return undefined;
    if (this.#principal !== null && clock.elapsedMs() - gate.checkedAtMs < maxAgeMs) return undefined;
    return this.#readAndJudge(undefined);
  }

  checkRequest(request: PlanRequest, snapshot: Snapshot): void {
    if (this.#principal !== null) checkRequest(this.#principal, request, snapshot);
  }

  /** True when the caller is not one of the token set's: no read can change what it may do. */
  get #isFixed(): boolean {
    return this.#principal !== null && !this.#principal.revocable;
  }

  /** A set that another request has read meanwhile may say something else than the one this request began with. */
  #judge(): Promise<void> | undefined {
    this.#principal = this.#parts.gate.judge(this.#header, this.#access, true);
    return this.enter();
  }

  async #readAndJudge(before: string | null | undefined): Promise<void> {
    const { gate, store, clock } = this.#parts;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const atMs = clock.elapsedMs();
      const [control = null, set = null] = await store.read([gate.controlKey, gate.key], { purpose: "newest" });
      gate.learn(set, control, atMs, before);
      if (gate.isCurrent(control, atMs)) return this.#judge();
      before = control;
    }
    throw changedByOthers("the project's tokens were");
  }
}
