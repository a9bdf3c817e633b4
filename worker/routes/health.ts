// GET /health: whether this server can answer, for load balancers and people; open to all.
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime, type Ms } from "../../sdk/time.ts";
import { parseControl } from "../serve/index.ts";
import type { StoreStatus } from "../store/port.ts";
import { jsonResponse, type Route, type Services } from "./route.ts";

/** How long a store's description of itself is believed, so that frequent checks cost one command each, not two. */
const STATUS_MS: Ms = 60_000;

/** Returns the route; it remembers what the store said of itself. */
export function createHealthRoute(): Route {
  let known: { readonly status: StoreStatus; readonly atMs: Ms } | undefined;

  /** Asks the store what every read asks it too: the control record. */
  async function storeState({ store, registry, clock }: Services) {
    try {
      const atMs = clock.elapsedMs();
      const status = known !== undefined && atMs - known.atMs < STATUS_MS ? known.status : await store.status();
      if (status !== known?.status) known = { status, atMs };
      const [control] = await store.read([registry.key]);
      const told = { store: status.kind, registry: parseControl(control ?? null)?.registry ?? null };
      return { ok: true, told: status.warnings.length === 0 ? told : { ...told, warnings: status.warnings } };
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      const told = { store: known?.status.kind ?? null, registry: registry.current?.hash ?? null, reason: fault.code };
      return { ok: false, told };
    }
  }

  return {
    method: "GET",
    path: "/health",
    access: "open",
    async handle(_call, services) {
      const { project, environment } = services.config;
      const { ok, told } = await storeState(services);
      const { clock } = services;
      const time = { now: formatTime(clock.nowUs()), frozen: clock.frozen };
      const body = JSON.stringify({ status: ok ? "ok" : "degraded", project, environment, ...told, ...time });
      // A failing store is a 503, so that who balances loads can turn to a deployment with another store.
      return jsonResponse(body, ok ? 200 : 503, ok ? {} : { "retry-after": "1" });
    },
  };
}
