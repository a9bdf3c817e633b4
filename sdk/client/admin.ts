// The calls that change a server: its registry, its rows, its record of what was materialized. They need the write token.
import { EdgefeatError, type ErrorCode } from "../errors.ts";
import type { TransformDefinition, TransformDescription } from "../registry/index.ts";
import type { Ms } from "../time.ts";
import { type Encodable, encodeJson } from "./encode.ts";
import { type JobCalls, jobCalls } from "./jobs.ts";
import type { PushAnswer } from "./push.ts";
import { type TokenCalls, tokenCalls } from "./tokens.ts";
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
  /** True where that stands still. */
  frozen: boolean;
}

export interface AdminClient extends TokenCalls, JobCalls {
  /** @throws server_failed where it answers, but its store does not */
  getHealth(): Promise<HealthAnswer>;
  /** Returns the registry, or an earlier one by its hash; null before any was put, and where that one never was. */
  getRegistry(version?: string): Promise<RegistryAnswer | null>;
  /** Replaces the registry that has the hash `expected` (null: none yet). @throws registry_conflict when another is there */
  putRegistry(snapshot: unknown, expected: string | null): Promise<{ registry: string }>;
  /**
   * Registers a transform in the place of the version `expected` (null: of none). Putting what is there changes nothing.
   * @throws registry_conflict when another version is there; transform_conflict; what is wrong with it, with a pointer
   */
  putTransform(name: string, definition: TransformDefinition, expected: number | null): Promise<TransformChanged>;
  /** Returns a transform; null when there is none. */
  getTransform(name: string): Promise<TransformAnswer | null>;
  /** Returns all transforms, those of the definitions too, by name. */
  listTransforms(): Promise<TransformDescription[]>;
  /**
   * Removes the transform that was registered, if it is at version `expected` (null: whichever it is); the version of
   * the answer is the definitions', which answers from then on, or null.
   * @throws unknown_view; registry_conflict; transform_conflict naming the services that list it
   */
  deleteTransform(name: string, expected: number | null): Promise<TransformChanged<number | null>>;
  /** Posts a batch to a view; `body` is JSON text: whole rows or packed tiles. */
  postRows(view: string, body: string): Promise<WriteCounts>;
  /** Puts rows in the place of others that are wrong, each while it is the one that was seen; `body` is JSON text. Needs an admin's token. */
  replaceRows(view: string, body: string): Promise<WriteCounts>;
  /** Pushes events that the log has into one version of a view, online alone; `body` is JSON text. */
  pushInto(view: string, version: number, body: string): Promise<PushAnswer>;
  /** Returns a page of the rows that a view has, or those of some ids. */
  listRows(view: string, page: RowsQuery): Promise<RowsPage>;
  /** Records that a version of a view was materialized; `body` is JSON text. */
  completeMaterialization(view: string, body: string): Promise<unknown>;
  /** Returns what was materialized, by view@version. */
  getMaterializations(): Promise<Record<string, MaterializationRecord>>;
}

/** The interval (start, end] that a version was last materialized for, RFC 3339; a null start: from the beginning. */
export interface MaterializationRecord {
  start: string | null;
  end: string;
  /** What all runs took, in order. */
  covered?: readonly { start: string | null; end: string }[];
}

export interface RowsQuery {
  version: number;
  /** Of the page before; default from the first. */
  cursor?: string | null;
  /** Only these, 500 at most. */
  ids?: readonly string[];
}

export interface RowsPage {
  rows: RowInfo[];
  /** null after the last page. */
  cursor: string | null;
}

/** What a row says of itself; times are RFC 3339, null where there is none, or it can't be read. */
export interface RowInfo {
  /** The join keys' values, percent-escaped, joined by "+". */
  id: string;
  /** Tells one text of the row from another. */
  revision: string;
  /** Of an aggregated view its newest event's. */
  eventTime: string | null;
  writtenAt: string | null;
  /** Of an aggregated view: what materialization has brought it to. */
  boundary?: string | null;
}

/** A transform, and the registry that it was found in. */
export type TransformAnswer = TransformDescription & { registry: string };

/** What a change of a transform came to. */
export interface TransformChanged<V = number> {
  name: string;
  version: V;
  registry: string;
  /** How long the other isolates may go on answering as before. */
  visibleWithinMs: Ms;
}

/** Returns the admin client of a server. @throws config_invalid for a URL that is none */
export function createAdminClient(options: ClientOptions): AdminClient {
  const call = createTransport(options);
  return {
    ...tokenCalls(call),
    ...jobCalls(call),
    getHealth: async () => (await call({ method: "GET", path: "/health" })) as HealthAnswer,
    getRegistry(version) {
      const path = version === undefined ? "/v1/registry" : `/v1/registry?version=${encodeURIComponent(version)}`;
      return unless("registry_not_found", call({ method: "GET", path }) as Promise<RegistryAnswer>);
    },
    async putRegistry(snapshot, expected) {
      const headers = expected === null ? {} : { "if-match": `"${expected}"` };
      const body = JSON.stringify(snapshot);
      // The server takes a snapshot that is there already, so a repetition after a lost answer is no conflict.
      const again = { idempotent: true, headers };
      return (await call({ method: "PUT", path: "/v1/registry", body, ...again })) as { registry: string };
    },
    async putTransform(name, definition, expected) {
      const body = encodeJson(definition as Encodable);
      // To repeat it is safe: what is there already is not put again.
      const again = { idempotent: true, ...ifMatch(expected) };
      return (await call({ method: "PUT", path: transformPath(name), body, ...again })) as TransformChanged;
    },
    getTransform: (name) =>
      unless("unknown_view", call({ method: "GET", path: transformPath(name) }) as Promise<TransformAnswer>),
    async listTransforms() {
      const answer = await call({ method: "GET", path: "/v1/transforms" });
      return (answer as { transforms: TransformDescription[] }).transforms;
    },
    async deleteTransform(name, expected) {
      const answer = await call({ method: "DELETE", path: transformPath(name), ...ifMatch(expected) });
      return answer as TransformChanged<number | null>;
    },
    async postRows(view, body) {
      // Rows and tiles merge, so writing them again changes nothing (SEMANTICS 3.3).
      return (await call({ method: "POST", path: rowsPath(view), body, idempotent: true })) as WriteCounts;
    },
    async replaceRows(view, body) {
      // A row that was replaced has another revision, so sending it again changes nothing.
      return (await call({ method: "PUT", path: rowsPath(view), body, idempotent: true })) as WriteCounts;
    },
    async pushInto(view, version, body) {
      const path = `/v1/push/${encodeURIComponent(view)}?version=${version}&to=online`;
      // An event counts once by its id, so sending it again changes nothing.
      return (await call({ method: "POST", path, body, idempotent: true })) as PushAnswer;
    },
    async listRows(view, { version, cursor = null, ids = [] }) {
      const query = new URLSearchParams({ version: String(version), ...(cursor === null ? {} : { cursor }) });
      for (const id of ids) query.append("id", id);
      return (await call({ method: "GET", path: `${rowsPath(view)}?${query.toString()}` })) as RowsPage;
    },
    completeMaterialization: (view, body) =>
      call({ method: "POST", path: `/v1/materializations/${encodeURIComponent(view)}`, body, idempotent: true }),
    async getMaterializations() {
      const answer = await call({ method: "GET", path: "/v1/materializations" });
      return (answer as { materializations: Record<string, MaterializationRecord> }).materializations;
    },
  };
}

function rowsPath(view: string): string {
  return `/v1/rows/${encodeURIComponent(view)}`;
}

function transformPath(name: string): string {
  return `/v1/transforms/${encodeURIComponent(name)}`;
}

function ifMatch(version: number | null): { headers?: Record<string, string> } {
  return version === null ? {} : { headers: { "if-match": `"${version}"` } };
}

/** Returns the answer; null where the server says `code`. */
async function unless<T>(code: ErrorCode, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (fault) {
    if (fault instanceof EdgefeatError && fault.code === code) return null;
    throw fault;
  }
}
