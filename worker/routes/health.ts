// GET /health: whether this server can answer, for load balancers and people; open to all.
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime, type Ms } from "../../sdk/time.ts";
import { errorHeaders } from "../middleware/problem.ts";
import { parseControl } from "../serve/index.ts";
import type { OnlineStore, StoreStatus } from "../store/port.ts";
import { jsonResponse, type Route, type Services } from "./route.ts";

/** How long a store's description of itself is believed, so that frequent checks cost one command each, not two. */
const STATUS_MS: Ms = 60_000;
/** How long an answer of the store is believed: anybody may ask, as often as they like. */
const BELIEVED_MS: Ms = 1_000;

/** Returns the route; it remembers what the store said of itself. */
export function createHealthRoute(): Route {
  let known: { readonly status: StoreStatus; readonly atMs: Ms } | undefined;
  let answered: { readonly registry: string | null; readonly atMs: Ms } | undefined;

  /** Asks the store what every read asks it too: the control record. */
  async function storeState({ store, registry, clock }: Services) {
    const atMs = clock.elapsedMs();
    if (known !== undefined && answered !== undefined && atMs - answered.atMs < BELIEVED_MS) {
      return { fault: null, told: { registry: answered.registry, ...tell(known.status, store) } };
    }
    // Who asks while this one waits for the store is told what was known before.
    if (answered !== undefined) answered = { ...answered, atMs };
    try {
      if (known === undefined || atMs - known.atMs >= STATUS_MS || isFailing(known.status)) {
        known = { status: await store.status(), atMs };
      }
      const { status } = known;
      const [control] = await store.read([registry.key]);
      answered = { registry: parseControl(control ?? null)?.registry ?? null, atMs };
      return { fault: null, told: { registry: answered.registry, ...tell(status, store) } };
    } catch (fault) {
      answered = undefined;
      if (!(fault instanceof EdgefeatError)) throw fault;
      const told = { store: known?.status.kind ?? null, registry: registry.current?.hash ?? null, reason: fault.code };
      return { fault, told };
    }
  }

  return {
    method: "GET",
    path: "/health",
    access: "open",
    async handle(_call, services) {
      const { project, environment } = services.config;
      const { fault, told } = await storeState(services);
      const { clock } = services;
      const time = { now: formatTime(clock.nowUs()), frozen: clock.frozen };
      const status = fault === null && !("failing" in told) ? "ok" : "degraded";
      const body = JSON.stringify({ status, project, environment, ...told, ...time });
      // A store that fails is a 503, so that who balances loads can turn to a deployment with another store. One part of
      // several that fails is none: every answer is as right as before, and turning away would help nobody.
      return fault === null ? jsonResponse(body) : jsonResponse(body, 503, errorHeaders(fault));
    },
  };
}

function isFailing({ unreachable = [] }: StoreStatus): boolean {
  return unreachable.length > 0;
}

/** What a store that answers says of itself. */
function tell({ kind, keepsRows, usedBytes, limitBytes, unreachable = [], warnings }: StoreStatus, store: OnlineStore) {
  const failing = new Set(unreachable);
  // What was met since the status was asked for counts too.
  for (const [role, part] of Object.entries(store.stats?.().parts ?? {})) if (part.failing) failing.add(role);
  const usedShare =
    usedBytes === null || limitBytes === null ? null : Math.round((1_000 * usedBytes) / limitBytes) / 1_000;
  return {
    store: kind,
    keepsRows,
    usedBytes,
    limitBytes,
    usedShare,
    ...(failing.size === 0 ? {} : { failing: [...failing] }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}
