// Who a request comes from, as far as rights go.
import type { Us } from "../../sdk/time.ts";

/** What a token may do; each level includes those before it. */
export const ACCESS_LEVELS = ["read", "write", "admin"] as const;
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/** What a route needs: nothing, or a token of at least that level. */
export type Access = "open" | AccessLevel;

/** What a token is limited to: requests by these views, and by these services. */
export interface Limits {
  /** Empty: none by views. */
  readonly views: ReadonlySet<string>;
  /** Empty: no services but those made of `views` alone. */
  readonly services: ReadonlySet<string>;
}

export interface Principal {
  /** A token's id, or one of the words below. No secret. */
  readonly id: string;
  readonly name: string | null;
  readonly access: AccessLevel;
  /** null: the whole project. */
  readonly limits: Limits | null;
  /** null: never. */
  readonly expiresAtUs: Us | null;
  /** True for tokens of the token set, which a change of the set can end. */
  readonly revocable: boolean;
  /** True for who was let in without being asked for a token. */
  readonly isAnybody: boolean;
}

const ALL = { name: null, limits: null, expiresAtUs: null, revocable: false, isAnybody: false } as const;

/** Whoever holds the secret EDGEFEAT_TOKEN. */
export const ROOT: Principal = { id: "root", access: "admin", ...ALL };
/** Whoever still holds EDGEFEAT_TOKEN_PREVIOUS. */
export const PREVIOUS_ROOT: Principal = { id: "root-previous", access: "admin", ...ALL };
/** Anybody, where reads are public. */
export const ANYBODY: Principal = { id: "anybody", access: "read", ...ALL, isAnybody: true };

/** Returns whether a principal's level reaches what a route needs. */
export function reaches({ access }: Principal, needed: Access): boolean {
  return needed === "open" || ACCESS_LEVELS.indexOf(access) >= ACCESS_LEVELS.indexOf(needed);
}
