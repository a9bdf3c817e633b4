// What is fuzzed: an app of one project, with rows that nobody may see, beside another project in the same store.
import { expect } from "vitest";
import type { OnlineStore } from "../../../worker/store/port.ts";
import { flightRow, type Harness, harness, NOW, snapshotFor, TOKEN } from "../support/harness.ts";
import { packedTiles } from "../support/tiles.ts";

export interface World {
  readonly app: Harness;
  readonly other: Harness;
  /** What each caller sends as Authorization; undefined for nothing. */
  readonly callers: Readonly<Record<string, string | undefined>>;
  /** Texts that no answer may hold, whoever asks. */
  readonly secrets: readonly string[];
  /** A value that no limited caller may be answered. */
  readonly hiddenValue: string;
  /** By limited caller: names of the project that it may not learn. */
  readonly hiddenNames: Readonly<Record<string, readonly string[]>>;
  /** By limited caller: the keys that it may write; null for none. */
  readonly writable: Readonly<Record<string, RegExp | null>>;
  /** The rows of the other project, by key. */
  otherRows(): Promise<ReadonlyMap<string, string | null>>;
}

const OTHER_VALUE = "CANARY-OTHER-VALUE";
const OTHER_ID = "CANARY-OTHER-ID";
const HIDDEN_VALUE = "CANARY-HIDDEN-VALUE";
const OTHER_TOKEN = "other-root-token-0f1e2d3c";
const PREVIOUS = "previous-root-token-9a8b7c6d";

/** Returns a world of its own over a store. */
export async function fuzzedWorld(store: OnlineStore): Promise<World> {
  const app = harness(store, { publicReads: false, auditIn: "store", previousToken: PREVIOUS });
  const other = harness(store, { project: `${app.project}.other`, publicReads: false, writeToken: OTHER_TOKEN });
  await app.apply();
  await app.writeRows("last_flight", [flightRow("SEA", "2001-03-31T11:00:00Z"), flightRow("PDX", NOW)]);
  await app.writeRows("airport_info", [{ entities: { origin: "SEA" }, values: { city: HIDDEN_VALUE } }]);
  const packed = packedTiles([{ time: "2001-03-31T11:45:00Z", delay: 11n, distance: 1 }], NOW);
  expect((await app.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: "SEA" }, packed }] })).status).toBe(
    200,
  );

  const asOther = { authorization: `Bearer ${OTHER_TOKEN}` };
  const put = await other.send("PUT", "/v1/registry", snapshotFor(other.project), asOther);
  expect(put.status).toBe(201);
  const rows = [
    flightRow("SEA", "2001-03-31T11:59:00Z", { carrier: OTHER_VALUE }),
    flightRow(OTHER_ID, NOW, { carrier: OTHER_VALUE }),
  ];
  expect((await other.send("POST", "/v1/rows/last_flight", { rows }, asOther)).status).toBe(200);

  const make = async (body: object, by: Harness = app, headers: Record<string, string> = {}) => {
    const made = await by.send("POST", "/v1/tokens", body, headers);
    expect(made.status, made.text).toBe(201);
    return made.json as { id: string; token: string };
  };
  const tokens = {
    viewReader: await make({ name: "reads a view", access: "read", views: ["last_flight", "delays"] }),
    serviceReader: await make({ name: "reads a service", access: "read", services: ["model"] }),
    viewWriter: await make({ name: "writes a view", access: "write", views: ["rating"] }),
    writer: await make({ name: "writes", access: "write" }),
    admin: await make({ name: "rules", access: "admin" }),
    revoked: await make({ name: "revoked", access: "admin" }),
    otherReader: await make({ name: "CANARY-OTHER-TOKEN", access: "read" }, other, asOther),
  };
  expect((await app.send("DELETE", `/v1/tokens/${tokens.revoked.id}`)).status).toBe(200);
  const bearer = Object.fromEntries(Object.entries(tokens).map(([name, { token }]) => [name, `Bearer ${token}`]));

  const keys = await keysOf(store, other.project);
  return {
    app,
    other,
    callers: {
      root: `Bearer ${TOKEN}`,
      ...bearer,
      otherRoot: asOther.authorization,
      none: undefined,
      wrong: "Bearer ef_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      broken: "Basic Og==",
    },
    secrets: [
      ...Object.values(tokens).map(({ token }) => token.slice(-43)),
      TOKEN,
      OTHER_TOKEN,
      PREVIOUS,
      OTHER_VALUE,
      OTHER_ID,
      "CANARY-OTHER-TOKEN",
      other.project,
      tokens.otherReader.id,
    ],
    hiddenValue: HIDDEN_VALUE,
    hiddenNames: {
      viewReader: ["airport_info", "rating", "everything", "shout", "a_decimal", "stars", "user_id", "destination"],
      serviceReader: ["airport_info", "rating", "everything", "shout", "a_decimal", "stars", "user_id", "destination"],
      viewWriter: ["airport_info", "last_flight", "delays", "everything", "shout", "carrier", "a_decimal"],
    },
    writable: {
      viewReader: null,
      serviceReader: null,
      viewWriter: /^(?:feature|materialization):.*:rating@\d+$|^(?:control|registry|job):/,
      none: null,
      wrong: null,
      broken: null,
      revoked: null,
      otherReader: null,
      otherRoot: null,
    },
    async otherRows() {
      const texts = await store.read(keys);
      return new Map(keys.map((key, i) => [key, texts[i] ?? null]));
    },
  };
}

async function keysOf(store: OnlineStore, project: string): Promise<string[]> {
  const found: string[] = [];
  for (const kind of ["feature", "control", "registry", "tokens", "materialization", "audit"]) {
    let cursor: string | null = null;
    do {
      const page = await store.scan(`${kind}:${project}:`, cursor);
      found.push(...page.keys);
      ({ cursor } = page);
    } while (cursor !== null);
  }
  return [...new Set(found)].toSorted();
}
