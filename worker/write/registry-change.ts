// Changing the registry: a new snapshot under its hash, then the pointer moved by compare-and-set.
import { EdgefeatError } from "../../sdk/errors.ts";
import { type Snapshot, snapshotHash } from "../../sdk/registry/index.ts";
import { snapshotKey } from "../../sdk/rows/index.ts";
import type { AppConfig } from "../config.ts";
import { type KnownRegistry, parseControl, type Registry } from "../serve/index.ts";
import { changedByOthers } from "../store/faults.ts";
import type { OnlineStore } from "../store/port.ts";

const MAX_ATTEMPTS = 8;

export interface RegistryWriter {
  readonly store: OnlineStore;
  readonly registry: Registry;
  readonly config: AppConfig;
}

/**
 * Puts a snapshot in the place of the one whose hash is `expected` (null: of none). Putting the one that is there
 * already changes nothing. Returns its hash.
 * @throws project_mismatch, registry_conflict with the hash that is there
 */
export async function replaceRegistry(
  writer: RegistryWriter,
  snapshot: Snapshot,
  expected: string | null,
): Promise<string> {
  const { project, environment } = writer.config;
  if (snapshot.project !== project || snapshot.environment !== environment) {
    const sent = `${snapshot.project}/${snapshot.environment}`;
    throw new EdgefeatError(
      "project_mismatch",
      `the snapshot is of ${sent}, but this server serves ${project}/${environment}`,
      {
        hint: "set EDGEFEAT_PROJECT and EDGEFEAT_ENVIRONMENT of the Worker, or apply to the server of that project",
      },
    );
  }
  const hash = snapshotHash(snapshot);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { text, atMs } = await writer.registry.readControl("write");
    const current = parseControl(text)?.registry ?? null;
    if (current !== hash) {
      if (current !== expected) throw expected === null ? unread(current) : conflict(current);
      // It may have been another member of the control record that others changed.
      if (!(await movePointer(writer, text, snapshot, hash))) continue;
    }
    writer.registry.adopt(hash, snapshot, current, atMs);
    return hash;
  }
  throw conflict(null);
}

/**
 * Puts what `change` makes of the registry in its place, and makes it anew from what is there when another was faster.
 * Returns what it made last, and the registry as it is then.
 * @throws what `change` throws; registry_not_found, store_conflict when others were faster 8 times
 */
export async function changeRegistry<T extends { readonly snapshot: Snapshot }>(
  writer: RegistryWriter,
  change: (current: Snapshot) => T,
): Promise<{ readonly made: T; readonly registry: KnownRegistry }> {
  const { registry } = writer;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { text, atMs } = await registry.readControl("write");
    const known = await registry.follow(text, atMs);
    const made = change(known.snapshot);
    const hash = snapshotHash(made.snapshot);
    if (hash === known.hash) return { made, registry: known };
    if (await movePointer(writer, text, made.snapshot, hash))
      return { made, registry: registry.adopt(hash, made.snapshot, known.hash, atMs) };
  }
  throw changedByOthers("the registry was");
}

/** Stores a snapshot and points the control record, read as `text`, to it; false when another was faster. */
async function movePointer(
  { store, registry, config }: RegistryWriter,
  text: string | null,
  snapshot: Snapshot,
  hash: string,
): Promise<boolean> {
  const key = snapshotKey(config, hash);
  // Read as what is written upon, so that a copy of the store that lacks it gets it before the pointer that names it.
  const [there = null] = await store.read([key], { purpose: "write" });
  // Not written means that it is there: the key is the hash of the content.
  if (there === null)
    await store.compareAndSet([{ key, expected: null, value: JSON.stringify(snapshot), expireInMs: null }]);
  const control = JSON.stringify({ ...parseControl(text), registry: hash });
  const [moved] = await store.compareAndSet([{ key: registry.key, expected: text, value: control, expireInMs: null }]);
  return moved === true;
}

function unread(current: string | null): EdgefeatError {
  return new EdgefeatError(
    "registry_conflict",
    "there is a registry already, and the request names none that it replaces",
    {
      hint: "read it, and send its hash as If-Match",
      ...(current === null ? {} : { details: { registry: current } }),
    },
  );
}

function conflict(current: string | null): EdgefeatError {
  return new EdgefeatError("registry_conflict", "the registry was changed by someone else since it was read", {
    hint: "read it again, and apply to what is there now",
    ...(current === null ? {} : { details: { registry: current } }),
  });
}
