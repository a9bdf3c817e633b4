// The registry snapshots that this repo has used, kept under their hashes: what a training set was made from can be had again.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pid } from "node:process";
import { EdgefeatError } from "../errors.ts";
import { checkSnapshot, type Snapshot, snapshotHash } from "../registry/index.ts";
import { parseJson } from "../types/index.ts";
import type { ServerRegistry } from "./connection.ts";

/** A line of the list of kept registries. */
export interface KeptRegistry {
  /** Counts from 1, in the order in which they were first used. */
  readonly number: number;
  readonly hash: string;
  /** RFC 3339. */
  readonly at: string;
  /** The command that used it first. */
  readonly by: string;
}

const HASH = /^(?:sha256:)?([0-9a-f]{6,64})$/;

/** Keeps a snapshot under its hash, as GET /v1/registry answers it; one that is kept already stays as it is. */
export function keepRegistry(repo: string, { hash, snapshot }: ServerRegistry, by: string): void {
  // A limited token is told a part of the snapshot under the name of the whole: that must not stand for it later.
  if (snapshotHash(snapshot) !== hash) return;
  const file = fileOf(repo, hash);
  if (existsSync(file)) return;
  mkdirSync(folderOf(repo), { recursive: true });
  writeFileSync(`${file}.${pid}.new`, JSON.stringify({ registry: hash, snapshot }));
  renameSync(`${file}.${pid}.new`, file);
  appendFileSync(listOf(repo), `${JSON.stringify({ hash, at: new Date().toISOString(), by })}\n`);
}

/** Returns the kept registries, first used first. */
export function keptRegistries(repo: string): KeptRegistry[] {
  const list = listOf(repo);
  if (!existsSync(list)) return [];
  const lines = readFileSync(list, "utf8").split("\n");
  const entries = lines.flatMap((line) => {
    try {
      const { hash, at, by } = JSON.parse(line) as Partial<KeptRegistry>;
      return typeof hash === "string" ? [{ hash, at: String(at), by: String(by) }] : [];
    } catch {
      // The last line of a run that was cut off.
      return [];
    }
  });
  const first = new Map(entries.toReversed().map((entry) => [entry.hash, entry]));
  return entries.filter((entry) => first.get(entry.hash) === entry).map((entry, i) => ({ number: i + 1, ...entry }));
}

/**
 * Returns the whole hash that a text stands for: a number of the list, or the first 6 or more digits of a hash; a whole
 * hash that is not kept stands for itself. @throws registry_not_found naming what is kept
 */
export function hashNamed(repo: string, text: string): string {
  const kept = keptRegistries(repo);
  const numbered = /^[1-9]\d{0,5}$/.test(text) ? kept.find(({ number }) => number === Number(text)) : undefined;
  if (numbered !== undefined) return numbered.hash;
  const digits = HASH.exec(text)?.[1];
  const known = existsSync(folderOf(repo)) ? readdirSync(folderOf(repo)) : [];
  const matches = known.filter((name) => /^[0-9a-f]{64}\.json$/.test(name) && name.startsWith(digits ?? "-"));
  if (matches.length === 1) return `sha256:${(matches[0] as string).slice(0, 64)}`;
  if (digits?.length === 64) return `sha256:${digits}`;
  const what = matches.length > 1 ? `${matches.length} kept registries start with` : "no kept registry is called";
  throw new EdgefeatError("registry_not_found", `${what} "${text}"`, {
    hint:
      kept.length === 0
        ? "none is kept in .edgefeat/registry yet: give the whole hash, which the server may know"
        : `kept are ${kept
            .slice(-5)
            .map(({ number, hash, at, by }) => `${number} (${hash.slice(0, 19)}…, ${by} ${at.slice(0, 10)})`)
            .join(", ")}; or give a whole hash, which the server may know`,
  });
}

/** Returns a kept snapshot; null when it is not kept. @throws registry_invalid when the file was changed */
export function readKeptRegistry(repo: string, hash: string): Snapshot | null {
  const file = fileOf(repo, hash);
  if (!existsSync(file)) return null;
  try {
    const snapshot = checkSnapshot((parseJson(readFileSync(file, "utf8")) as { snapshot?: unknown }).snapshot);
    if (snapshotHash(snapshot) === hash) return snapshot;
  } catch (fault) {
    if (!(fault instanceof EdgefeatError)) throw fault;
  }
  throw new EdgefeatError("registry_invalid", `.edgefeat/registry/${fileName(hash)} is not the registry ${hash}`, {
    hint: "it was changed since it was kept: delete it, and the server will be asked",
  });
}

function folderOf(repo: string): string {
  return join(repo, ".edgefeat", "registry");
}

function listOf(repo: string): string {
  return join(folderOf(repo), "list.jsonl");
}

function fileName(hash: string): string {
  return `${hash.replace(/^sha256:/, "")}.json`;
}

function fileOf(repo: string, hash: string): string {
  return join(folderOf(repo), fileName(hash));
}
