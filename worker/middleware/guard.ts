// What stands around every route: who calls is judged before it, what was done is recorded after it.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import { type CallerParts, checkUnlimited, checkView, HttpCaller, type Principal, redacted } from "../auth/index.ts";
import { faultFields, type Log, LogLimiter } from "../metrics/index.ts";
import type { Act, Call, Route, Services } from "../routes/route.ts";
import type { AuditEntry, AuditTrail } from "../write/audit.ts";
import { asEdgefeatError } from "./problem.ts";

export interface GuardParts {
  readonly callers: CallerParts;
  readonly services: Services;
  readonly log: Log;
  /** null: acts are only logged. */
  readonly audit: AuditTrail | null;
  /** Returns the answer that tells an error. */
  tell(error: EdgefeatError, call: BareCall, route: Route): Response;
}

/** A call of which nothing was judged yet. */
export type BareCall = Omit<Call, "caller" | "act">;

/**
 * Within this time of its last confirmation a token may write without another; for an admin's act, and for a read that no
 * route judges along with its own, it is confirmed each time.
 */
const WRITE_RECHECK_MS = 1_000;
/** On the answer to an act that was done, but whose record the store did not take: it is in the log alone. */
export const AUDIT_HEADER = "edgefeat-audit";

/** What anybody may be told. */
const TELLS_NOTHING: ReadonlySet<ErrorCode> = new Set(["unauthorized", "store_unavailable"] satisfies ErrorCode[]);

export class Guard {
  readonly #parts: GuardParts;
  /** Anybody may be refused as often as they like. */
  readonly #refusals: LogLimiter;
  /** Nobody's: while it is there, V8 keeps the shape of callers, as it does that of answers for the feature server. */
  readonly kept: HttpCaller;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.kept = new HttpCaller(parts.callers, new Request("https://edgefeat.invalid/"), "open");
    this.#refusals = new LogLimiter(parts.log, parts.services.clock);
  }

  /** Answers a call, or tells why not; never rejects. */
  async answer(route: Route, call: BareCall): Promise<Response> {
    const { callers, services } = this.#parts;
    const act: Act = {};
    let caller: HttpCaller | null = null;
    let response: Response;
    let code: string | null = null;
    try {
      caller = new HttpCaller(callers, call.request, route.access);
      const entering = caller.enter();
      if (entering !== undefined) await entering;
      if (route.judgesCaller !== true) {
        const admitting = this.#admit(route, caller);
        if (admitting !== undefined) await admitting;
        checkScope(route, call, caller.principal);
      }
      const { request, param, later, trace } = call;
      response = await route.handle({ request, param, later, trace, caller, act }, services);
    } catch (raised) {
      // Who isn't known is told nothing but that.
      const fault = caller?.principal === null ? await refusalOr(raised, caller) : raised;
      const error = redacted(asEdgefeatError(fault), caller?.principal ?? null);
      code = error.code;
      response = this.#parts.tell(error, call, route);
    }
    if (isAct(route) && (act.quiet !== true || code !== null))
      await this.#record(route, call, { act, principal: caller?.principal ?? null, code, response });
    return response;
  }

  #admit({ access }: Route, caller: HttpCaller): Promise<void> | undefined {
    const admitting = caller.admit(access === "write" ? WRITE_RECHECK_MS : 0);
    if (access !== "read") return admitting;
    // As for features, so that a store that fails is still seen in the metrics.
    const { clock } = this.#parts.services;
    const atMs = clock.elapsedMs();
    return admitting?.catch((fault: unknown) => {
      if (!(fault instanceof EdgefeatError) || fault.code !== "store_unavailable") throw fault;
      return caller.settle(undefined, undefined, atMs, fault);
    });
  }

  /**
   * Refused calls are not kept, and of a kind one is logged in a time, so that nobody without rights can fill the store or
   * the log. Never rejects: the act is done.
   */
  async #record(route: Route, call: BareCall, done: Done): Promise<void> {
    const { log, audit } = this.#parts;
    const { principal, code } = done;
    const entry = entryOf(route, call, done);
    const refused = principal === null || code === "forbidden" || code === "rate_limited";
    let stored = false;
    let lost: string | undefined;
    let faulty: ReturnType<typeof faultFields> | undefined;
    if (audit !== null && !refused && route.method !== "GET") {
      try {
        await audit.append(entry);
        stored = true;
      } catch (fault) {
        lost = fault instanceof EdgefeatError ? fault.code : "internal_error";
        if (!(fault instanceof EdgefeatError)) faulty = faultFields(fault);
        done.response.headers.set(AUDIT_HEADER, "lost");
      }
    }
    const { counts = {}, ...fields } = entry;
    const counted = Object.fromEntries(Object.entries(counts).map(([name, n]) => [`count_${name}`, n]));
    const line = { event: "audit", ...fields, ...counted, stored, lost, ...faulty };
    // By who was refused what, never by where from or what is asked for, of which there is no end.
    if (refused) this.#refusals.say(`${fields.token} ${fields.route} ${code}`, { level: "warn", ...line });
    else log({ level: lost === undefined ? "info" : "error", ...line });
  }
}

/** Returns why a caller is refused; `fault` for one that isn't. */
async function refusalOr(fault: unknown, caller: HttpCaller): Promise<unknown> {
  if (fault instanceof EdgefeatError && TELLS_NOTHING.has(fault.code)) return fault;
  try {
    await caller.admit(0);
    return fault;
  } catch (refusal) {
    return refusal;
  }
}

interface Done {
  readonly act: Act;
  readonly principal: Principal | null;
  readonly code: string | null;
  readonly response: Response;
}

/** An act is any request to a route that only writers or admins may use, whatever came of it. */
function isAct({ access }: Route): boolean {
  return access === "write" || access === "admin";
}

function checkScope({ scope = "project" }: Route, { param }: BareCall, principal: Principal | null): void {
  if (principal === null || scope === "handler") return;
  if (scope === "view") checkView(principal, param("view"));
  else checkUnlimited(principal);
}

function entryOf(route: Route, { request, param }: BareCall, { act, principal, code, response }: Done): AuditEntry {
  const { headers } = request;
  const view = act.view ?? (route.path.includes("/:view") ? nameOrNone(param("view")) : undefined);
  return {
    token: principal?.id ?? "none",
    tokenName: principal?.name ?? null,
    route: `${route.method} ${route.path}`,
    ...(view === undefined ? {} : { view }),
    ...(act.version === undefined ? {} : { version: act.version }),
    ...(act.name === undefined ? {} : { name: act.name }),
    ...(act.counts === undefined ? {} : { counts: { ...act.counts } }),
    ip: matching(headers.get("cf-connecting-ip"), /^[0-9a-fA-F:.]{2,45}$/),
    ray: matching(headers.get("cf-ray"), /^[\w-]{1,40}$/),
    status: response.status,
    code,
  };
}

/** What is no name may be anything, a token too. */
function nameOrNone(text: string): string | undefined {
  return matching(text, /^[A-Za-z_][A-Za-z0-9_]{0,127}$/) ?? undefined;
}

function matching(text: string | null, pattern: RegExp): string | null {
  return text !== null && pattern.test(text) ? text : null;
}
