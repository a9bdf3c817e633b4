// Who may call: one bearer token for writes, and for reads where they are not public.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { AppConfig } from "../config.ts";

/** What a route needs: nothing, leave to read, or leave to write. */
export type Access = "open" | "read" | "write";

/** Checks that a request may use a route. @throws unauthorized */
export function authorize(access: Access, request: Request, config: AppConfig): void {
  if (access === "open" || (access === "read" && config.publicReads)) return;
  if (config.writeToken === null) {
    throw new EdgefeatError("unauthorized", "this server has no token, so it refuses this route to all", {
      hint: "set the secret EDGEFEAT_TOKEN (and PUBLIC_READS to open reads)",
    });
  }
  const header = request.headers.get("authorization");
  const given = header === null ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
  if (given !== undefined && sameSecret(given, config.writeToken)) return;
  throw new EdgefeatError(
    "unauthorized",
    given === undefined ? "this route needs a token" : "the token is not this server's",
    {
      hint: 'send "Authorization: Bearer TOKEN" with the token in EDGEFEAT_TOKEN',
    },
  );
}

/** Compares in a time that depends on the length of `given` alone, so that no prefix of the token can be guessed. */
function sameSecret(given: string, token: string): boolean {
  let difference = given.length ^ token.length;
  for (let i = 0; i < given.length; i++) difference |= given.charCodeAt(i) ^ token.charCodeAt(i % token.length);
  return difference === 0;
}
