// The calls that change a server: its registry, its rows, its record of what was materialized. They need the write token.
import { EdgefeatError } from "../errors.ts";
import { type ClientOptions, createTransport } from "./transport.ts";

export interface RegistryAnswer {
  /** The hash that names the snapshot: "sha256:…". */
  registry: string;
  /** As parsed JSON, to be checked by who reads it. */
  snapshot: unknown;
}

/** What became of a batch of rows or tiles. */
export type WriteCounts = Record<string, number>;

/** What a server says about itself. */
export interface HealthAnswer {
  project: string;
  environment: string;
  /** Its clock, RFC 3339. */
  now: string;
}

export interface AdminClient {
  /** @throws server_failed where it answers, but its store does not */
  getHealth(): Promise<HealthAnswer>;
  /** Returns the registry; null before any was put. */
  getRegistry(): Promise<RegistryAnswer | null>;
  /** Replaces the registry that has the hash `expected` (null: none yet). @throws registry_conflict when another is there */
  putRegistry(snapshot: unknown, expected: string | null): Promise<{ registry: string }>;
  /** Posts a batch to a view; `body` is JSON text: whole rows or packed tiles. */
  postRows(view: string, body: string): Promise<WriteCounts>;
  /** Records that a version of a view was materialized; `body` is JSON text. */
  completeMaterialization(view: string, body: string): Promise<unknown>;
  /** Returns what was materialized, by view@version. */
  getMaterializations(): Promise<Record<string, MaterializationRecord>>;
}

/** The interval (start, end] that a version was last materialized for, RFC 3339; a null start: from the beginning. */
export interface MaterializationRecord {
  start: string | null;
  end: string;
}

/** Returns the admin client of a server. @throws config_invalid for a URL that is none */
export function createAdminClient(options: ClientOptions): AdminClient {
  const call = createTransport(options);
  return {
    getHealth: async () => (await call({ method: "GET", path: "/health" })) as HealthAnswer,
    async getRegistry() {
      try {
        return (await call({ method: "GET", path: "/v1/registry" })) as RegistryAnswer;
      } catch (fault) {
        if (fault instanceof EdgefeatError && fault.code === "registry_not_found") return null;
        throw fault;
      }
    },
    async putRegistry(snapshot, expected) {
      const headers = expected === null ? {} : { "if-match": `"${expected}"` };
      const body = JSON.stringify(snapshot);
      return (await call({ method: "PUT", path: "/v1/registry", body, headers })) as { registry: string };
    },
    async postRows(view, body) {
      return (await call({ method: "POST", path: `/v1/rows/${encodeURIComponent(view)}`, body })) as WriteCounts;
    },
    completeMaterialization: (view, body) =>
      call({ method: "POST", path: `/v1/materializations/${encodeURIComponent(view)}`, body }),
    async getMaterializations() {
      const answer = await call({ method: "GET", path: "/v1/materializations" });
      return (answer as { materializations: Record<string, MaterializationRecord> }).materializations;
    },
  };
}
