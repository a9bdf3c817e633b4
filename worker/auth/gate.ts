// The project's tokens as an isolate knows them: who a header stands for, and whether that knowledge is still current.
import { EdgefeatError } from "../../sdk/errors.ts";
import { controlKey, type KeySpace, tokensKey } from "../../sdk/rows/index.ts";
import type { Clock, Ms } from "../../sdk/time.ts";
import { BoundedMap } from "../serve/bounded-map.ts";
import { parseControl } from "../serve/registry.ts";
import { type Access, ANYBODY, PREVIOUS_ROOT, type Principal, ROOT } from "./principal.ts";
import { sameHash, tokenHash, tokenId } from "./token.ts";
import { parseTokenSet, principalOf, type TokenRecord } from "./token-set.ts";

export interface GateOptions {
  readonly space: KeySpace;
  readonly clock: Clock;
  /** The token with every right; null for none. */
  readonly rootToken: string | null;
  /** The one before it, which goes on working; null for none. */
  readonly previousRootToken: string | null;
  /** True when reads need no token. */
  readonly publicReads: boolean;
}

/** A token that is not in a set read within this time does not exist; one in an older set may have been made since. */
const NEW_TOKEN_MS: Ms = 1_000;
/** Longer texts are no tokens: they would only cost hashing. */
const MAX_TOKEN_CHARACTERS = 1_000;
const MAX_KNOWN_HEADERS = 1_000;
const BEARER = /^Bearer +(\S+) *$/i;
const NEVER: Ms = Number.NEGATIVE_INFINITY;

/**
 * Judges tokens by the token set that was read last. One an isolate.
 *
 * A change of the set is written first, then its revision into the control record, and only then confirmed to who made
 * it; so a set read after a control record is at least as new as what that record names, whatever fails in between.
 */
export class TokenGate {
  /** The key of the token set. */
  readonly key: string;
  readonly controlKey: string;
  readonly #options: GateOptions;
  readonly #roots: readonly { readonly hash: string; readonly principal: Principal }[];
  /** By id; null before the first read. */
  #tokens: ReadonlyMap<string, TokenRecord> | null = null;
  #revision: string | null = null;
  #setText: string | null = null;
  /** The control record that goes with the set: one that names its revision, or that was the same before and after its read. */
  #controlText: string | null | undefined;
  /** On the elapsed clock, when the read began that brought the set. */
  #learntAtMs: Ms = NEVER;
  #checkedAtMs: Ms = NEVER;
  /** True once a control record named another set than the known one. */
  #outdated = false;
  /** What was judged valid, by the header's text; emptied with each new set. */
  #known = new BoundedMap<Principal>(MAX_KNOWN_HEADERS);

  constructor(options: GateOptions) {
    const { space, rootToken, previousRootToken } = options;
    this.#options = options;
    this.key = tokensKey(space);
    this.controlKey = controlKey(space);
    this.#roots = [
      ...(rootToken === null ? [] : [{ hash: tokenHash(rootToken), principal: ROOT }]),
      ...(previousRootToken === null ? [] : [{ hash: tokenHash(previousRootToken), principal: PREVIOUS_ROOT }]),
    ];
  }

  /** On the elapsed clock, when the known set was last seen to be current. */
  get checkedAtMs(): Ms {
    return this.#checkedAtMs;
  }

  /**
   * Returns who makes a request, by its Authorization header; null when the token set must be read before that can be said, which is never the case
   * once the request itself has read it (`final`).
   * @throws unauthorized
   */
  judge(header: string | null, access: Access, final = false): Principal | null {
    return this.isOpen(access) ? ANYBODY : this.#principalOf(header, final);
  }

  /** True for what needs no token. */
  isOpen(access: Access): boolean {
    return access === "open" || (access === "read" && this.#options.publicReads);
  }

  /** Returns whether the known set goes with a control record that was read at `atMs` on the elapsed clock; takes note of it. */
  isCurrent(control: string | null, atMs: Ms): boolean {
    if (this.#tokens === null || this.#outdated) return false;
    // The set is newer than this news.
    if (atMs < this.#learntAtMs) return true;
    if (control !== this.#controlText) {
      if (revisionIn(control) !== this.#revision) {
        this.#outdated = true;
        return false;
      }
      this.#controlText = control;
    }
    this.#checkedAtMs = Math.max(this.#checkedAtMs, atMs);
    return true;
  }

  /**
   * Takes in the token set, and the control record read along with it, from a read that began at `atMs` on the elapsed
   * clock. `before`: the control record as an earlier read saw it. When it is still the same, the set counts even though
   * the record names another: whoever changed the set failed, or has not come to the record yet.
   * @throws row_corrupt
   */
  learn(set: string | null, control: string | null, atMs: Ms, before?: string | null): void {
    if (atMs < this.#learntAtMs) return;
    if (this.#tokens === null || set !== this.#setText) {
      const parsed = parseTokenSet(set, this.#options.space);
      this.#tokens = new Map(parsed?.tokens.map((token) => [token.id, token]));
      this.#revision = parsed?.revision ?? null;
      this.#setText = set;
      this.#known = new BoundedMap(MAX_KNOWN_HEADERS);
    }
    this.#learntAtMs = atMs;
    this.#outdated = false;
    this.#controlText = control === before ? control : undefined;
    this.isCurrent(control, atMs);
  }

  /** Makes the next judgement of a token read the set anew: this isolate itself has just changed it. */
  forget(): void {
    this.#outdated = true;
    // What was read before the change brings the old set.
    this.#learntAtMs = Math.max(this.#learntAtMs, this.#options.clock.elapsedMs());
  }

  #principalOf(header: string | null, final: boolean): Principal | null {
    const text = header === null ? undefined : BEARER.exec(header)?.[1];
    if (header === null || text === undefined) throw this.#refused("this route needs a token");
    // Of a set known to be outdated nothing is believed, but the root's tokens are not in it.
    const known = this.#outdated ? undefined : this.#known.get(header);
    if (known !== undefined) return this.#unexpired(known);
    if (text.length > MAX_TOKEN_CHARACTERS) throw this.#refused("the token is not this server's");
    const hash = tokenHash(text);
    const root = this.#roots.find((candidate) => sameHash(candidate.hash, hash));
    if (root !== undefined) {
      this.#known.set(header, root.principal);
      return root.principal;
    }
    const id = tokenId(text);
    if (id === null) throw this.#refused("the token is not this server's");
    if (this.#tokens === null || this.#outdated) return null;
    const record = this.#tokens.get(id);
    if (record === undefined && !final && this.#options.clock.elapsedMs() - this.#checkedAtMs >= NEW_TOKEN_MS)
      return null;
    if (record === undefined || !sameHash(record.hash, hash)) throw this.#refused("the token is not this server's");
    if (record.revokedAt !== null) throw this.#refused("the token was revoked");
    const principal = this.#unexpired(principalOf(record));
    this.#known.set(header, principal);
    return principal;
  }

  #unexpired(principal: Principal): Principal {
    const { expiresAtUs } = principal;
    if (expiresAtUs === null || this.#options.clock.nowUs() < expiresAtUs) return principal;
    throw this.#refused("the token has expired");
  }

  #refused(why: string): EdgefeatError {
    return new EdgefeatError("unauthorized", why, {
      hint:
        this.#roots.length === 0
          ? "set the server's secret EDGEFEAT_TOKEN (and PUBLIC_READS to open reads)"
          : 'send "Authorization: Bearer TOKEN" with a token of this project',
    });
  }
}

function revisionIn(control: string | null): string | null {
  return parseControl(control)?.tokens ?? null;
}
