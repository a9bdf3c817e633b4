// The calls that make, list, replace and end tokens. They need an admin's token.
import type { Transport } from "./transport.ts";

/** What a token is to be. */
export interface TokenRequest {
  /** What people know it by. */
  name: string;
  access: "read" | "write" | "admin";
  /** Limits it to these views; default: none of them, but see `services`. */
  views?: readonly string[];
  /** Limits it to these services. Without views and services a token is for the whole project. */
  services?: readonly string[];
  /** A duration such as "90d"; default: until it is revoked. */
  expiresIn?: string;
}

/** A token as lists show it; times are RFC 3339. */
export interface TokenInfo {
  id: string;
  name: string;
  access: "read" | "write" | "admin";
  views: string[] | null;
  services: string[] | null;
  createdAt: string;
  /** The id of the token that made it, or "root". */
  createdBy: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /** The id of the token that took its place. */
  replacedBy: string | null;
  state: "active" | "expired" | "revoked";
}

/** A token just made; nobody can be told its text again. */
export interface NewToken extends TokenInfo {
  token: string;
}

export interface TokenCalls {
  createToken(request: TokenRequest): Promise<NewToken>;
  /** Returns every token that holds, or ended less than 90 days ago. */
  listTokens(): Promise<TokenInfo[]>;
  /** Ends a token at once. @throws not_found */
  revokeToken(id: string): Promise<TokenInfo>;
  /** Makes a token like another, which ends after `overlap`, a duration; default "1d", "0s" at once. @throws not_found */
  rotateToken(id: string, overlap?: string): Promise<NewToken & { replaced: TokenInfo }>;
}

/** Returns the token calls of a server. */
export function tokenCalls(call: Transport): TokenCalls {
  return {
    createToken: async (request) =>
      (await call({ method: "POST", path: "/v1/tokens", body: JSON.stringify(request) })) as NewToken,
    listTokens: async () => ((await call({ method: "GET", path: "/v1/tokens" })) as { tokens: TokenInfo[] }).tokens,
    revokeToken: async (id) => (await call({ method: "DELETE", path: pathOf(id), idempotent: true })) as TokenInfo,
    rotateToken: async (id, overlap) => {
      const body = JSON.stringify({ overlap });
      const answer = await call({ method: "POST", path: `${pathOf(id)}/rotate`, body });
      return answer as NewToken & { replaced: TokenInfo };
    },
  };
}

function pathOf(id: string): string {
  return `/v1/tokens/${encodeURIComponent(id)}`;
}
