// Who may do what: tokens, what they are limited to, and the gate that judges them.
export { type Caller, type CallerParts, type Charge, HttpCaller, judged, TRUSTED } from "./caller.ts";
export { TokenGate } from "./gate.ts";
export { ACCESS_LEVELS, type Access, type AccessLevel, type Principal, ROOT } from "./principal.ts";
export { checkNamed, checkUnlimited, checkView, redacted, visibleSnapshot } from "./scope.ts";
export { mintToken, type Random, TOKEN_ID } from "./token.ts";
export { parseTokenSet, type TokenRecord, type TokenSet } from "./token-set.ts";
