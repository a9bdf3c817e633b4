// Making, ending and replacing tokens: the set is written first, then its revision into the control record, then told.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { KeySpace } from "../../sdk/rows/index.ts";
import { type Clock, formatTime, parseTime, US_PER_DAY, type Us } from "../../sdk/time.ts";
import {
  type AccessLevel,
  mintToken,
  parseTokenSet,
  type Principal,
  type Random,
  type TokenGate,
  type TokenRecord,
  type TokenSet,
} from "../auth/index.ts";
import { parseControl } from "../serve/index.ts";
import { changedByOthers } from "../store/faults.ts";
import type { OnlineStore } from "../store/port.ts";

export interface TokenWriter {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: KeySpace;
  readonly gate: TokenGate;
}

/** A token as it may be shown: without its hash. */
export interface TokenInfo extends Omit<TokenRecord, "hash"> {
  readonly state: "active" | "expired" | "revoked";
}
/** A token just made: the only time that its text is at hand. */
export interface NewToken extends TokenInfo {
  readonly token: string;
}

export interface TokenRequest {
  readonly name: string;
  readonly access: AccessLevel;
  /** Both null: the whole project. */
  readonly views: readonly string[] | null;
  readonly services: readonly string[] | null;
  /** How long it holds; null for ever. */
  readonly lifeUs: Us | null;
}

const MAX_ATTEMPTS = 8;
/** Every cold isolate reads them all. */
const MAX_TOKENS = 1_000;
/** How long tokens that have ended are still listed. */
const LISTED_US = 90 * US_PER_DAY;

/** Returns every token of the project that holds, or ended not long ago, in the order they were made. @throws row_corrupt */
export async function listTokens({ store, clock, config, gate }: TokenWriter): Promise<TokenInfo[]> {
  const [text = null] = await store.read([gate.key], { purpose: "newest" });
  return (parseTokenSet(text, config)?.tokens ?? []).map((token) => infoOf(token, clock.nowUs()));
}

/** Makes a token. @throws bad_request for limits that make no sense, or when there are 1,000 */
export async function createToken(writer: TokenWriter, request: TokenRequest, by: Principal): Promise<NewToken> {
  checkLimits(request);
  const nowUs = writer.clock.nowUs();
  const { id, text, hash } = mintToken(writer.random);
  const { name, access, views, services, lifeUs } = request;
  const made: TokenRecord = {
    id,
    name,
    access,
    views: views === null ? null : [...views],
    services: services === null ? null : [...services],
    hash,
    createdAt: formatTime(nowUs),
    createdBy: by.id,
    expiresAt: lifeUs === null ? null : formatTime(nowUs + lifeUs),
    revokedAt: null,
    replacedBy: null,
  };
  await changeTokens(writer, (tokens) => (isAmong(tokens, id) ? tokens : [...tokens, made]));
  return { ...infoOf(made, nowUs), token: text };
}

/** Ends a token at once. Ending it again changes nothing, but sees to it that the first time has come through. @throws not_found */
export async function revokeToken(writer: TokenWriter, id: string): Promise<TokenInfo> {
  const nowUs = writer.clock.nowUs();
  const tokens = await changeTokens(writer, (current) => {
    const { revokedAt } = find(current, id);
    return revokedAt === null ? replaced(current, id, { revokedAt: formatTime(nowUs) }) : current;
  });
  return infoOf(find(tokens, id), nowUs);
}

/**
 * Makes a token of the same name, limits and life as another, which ends after `overlapUs`: at once for 0.
 * @throws not_found; bad_request for one that has ended or was replaced
 */
export async function rotateToken(
  writer: TokenWriter,
  id: string,
  overlapUs: Us,
  by: Principal,
): Promise<{ readonly made: NewToken; readonly replaced: TokenInfo }> {
  const nowUs = writer.clock.nowUs();
  const minted = mintToken(writer.random);
  const tokens = await changeTokens(writer, (current) => {
    if (isAmong(current, minted.id)) return current;
    const old = find(current, id);
    if (old.replacedBy !== null) {
      throw new EdgefeatError("bad_request", `the token was replaced already, by ${old.replacedBy}`, {
        hint: "replace that one, or make a new one",
      });
    }
    if (infoOf(old, nowUs).state !== "active") {
      throw new EdgefeatError("bad_request", "the token has ended, so there is nothing to replace", {
        hint: "make a new one",
      });
    }
    const lifeUs = old.expiresAt === null ? null : parseTime(old.expiresAt) - parseTime(old.createdAt);
    const made: TokenRecord = {
      ...old,
      id: minted.id,
      hash: minted.hash,
      createdAt: formatTime(nowUs),
      createdBy: by.id,
      expiresAt: lifeUs === null ? null : formatTime(nowUs + lifeUs),
    };
    const endUs = Math.min(nowUs + overlapUs, old.expiresAt === null ? Infinity : parseTime(old.expiresAt));
    const ended = overlapUs === 0 ? { revokedAt: formatTime(nowUs) } : { expiresAt: formatTime(endUs) };
    return [...replaced(current, id, { ...ended, replacedBy: minted.id }), made];
  });
  return {
    made: { ...infoOf(find(tokens, minted.id), nowUs), token: minted.text },
    replaced: infoOf(find(tokens, id), nowUs),
  };
}

/** Changes the set by `change` and points the control record to it; returns the tokens there are then. */
async function changeTokens(
  writer: TokenWriter,
  change: (tokens: readonly TokenRecord[]) => readonly TokenRecord[],
): Promise<readonly TokenRecord[]> {
  const { store, clock, random, config, gate } = writer;
  const { project, environment } = config;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [text = null, control = null] = await store.read([gate.key, gate.controlKey], { purpose: "write" });
    const current = parseTokenSet(text, config);
    const before = current?.tokens ?? [];
    const tokens = [...change(before)];
    if (tokens.length === before.length && tokens.every((token, i) => token === before[i])) {
      if (current !== null) await point(writer, current.revision, control).finally(() => gate.forget());
      return tokens;
    }
    const kept = unlisted(tokens, clock.nowUs());
    if (kept.length > MAX_TOKENS) {
      throw new EdgefeatError("bad_request", `the project has ${MAX_TOKENS} tokens already`, {
        hint: "revoke those that are not used any more; 90 days after their end they are forgotten",
      });
    }
    const revision = mintToken(random).id;
    const set: TokenSet = { format: 1, project, environment, revision, tokens: kept };
    const value = JSON.stringify(set);
    const [written] = await store.compareAndSet([{ key: gate.key, expected: text, value, expireInMs: null }]);
    if (written !== true) continue;
    await point(writer, revision, control).finally(() => gate.forget());
    return kept;
  }
  throw busy();
}

/** Names a set's revision in the control record, read as `seen`; where others changed it, that of the set there is then. */
async function point({ store, gate, config }: TokenWriter, revision: string, seen: string | null): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const control = parseControl(seen);
    if (control?.tokens === revision) return;
    const value = JSON.stringify({ registry: null, ...control, tokens: revision });
    const [moved] = await store.compareAndSet([{ key: gate.controlKey, expected: seen, value, expireInMs: null }]);
    if (moved === true) return;
    const [text = null, current = null] = await store.read([gate.key, gate.controlKey], { purpose: "write" });
    seen = current;
    revision = parseTokenSet(text, config)?.revision ?? revision;
  }
  throw busy();
}

function replaced(tokens: readonly TokenRecord[], id: string, change: Partial<TokenRecord>): readonly TokenRecord[] {
  return tokens.map((token) => (token.id === id ? { ...token, ...change } : token));
}

function unlisted(tokens: TokenRecord[], nowUs: Us): TokenRecord[] {
  return tokens.filter(({ expiresAt, revokedAt }) => {
    const ends = [expiresAt, revokedAt].filter((end) => end !== null).map((end) => parseTime(end));
    return ends.every((endUs) => endUs > nowUs - LISTED_US);
  });
}

/** A write whose answer was lost may have been made: what it added is then there when it is tried again. */
function isAmong(tokens: readonly TokenRecord[], id: string): boolean {
  return tokens.some((token) => token.id === id);
}

function find(tokens: readonly TokenRecord[], id: string): TokenRecord {
  const token = tokens.find((candidate) => candidate.id === id);
  if (token !== undefined) return token;
  throw new EdgefeatError("not_found", "the project has no token with this id", { hint: "list them: GET /v1/tokens" });
}

function infoOf({ hash: _, ...token }: TokenRecord, nowUs: Us): TokenInfo {
  const { expiresAt, revokedAt } = token;
  const expired = expiresAt !== null && parseTime(expiresAt) <= nowUs;
  return { ...token, state: revokedAt !== null ? "revoked" : expired ? "expired" : "active" };
}

function checkLimits({ access, views, services }: TokenRequest): void {
  if (access === "admin" && (views !== null || services !== null)) {
    throw new EdgefeatError("bad_request", "an admin token is for the whole project", {
      hint: 'leave out views and services, or make it a "write" token',
      pointer: views === null ? "/services" : "/views",
    });
  }
  if (access === "write" && services !== null && views === null) {
    throw new EdgefeatError("bad_request", "a token that writes is limited by views: services are only read", {
      hint: 'name the views that it may write to as "views"',
      pointer: "/services",
    });
  }
}

function busy(): EdgefeatError {
  return changedByOthers("the project's tokens were");
}
