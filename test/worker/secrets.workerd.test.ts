// No secret leaves the server but to whom it is given: everything that an app says in many flows is searched for all of them.
import { expect, it } from "vitest";
import { stores } from "../support/workerd-stores.ts";
import { type Answered, flightRow, type Harness, harness, NO_HEADER, NOW, snapshotFor } from "./support/harness.ts";

const ROOT = "root-secret-7f3a9c51e2";
const PREVIOUS = "previous-secret-1b8d6e40";
const GUESS = "guessed-secret-5c2f7a93";
const SEA = { origin: "SEA" };

it.each(stores)(
  "none is in answers, headers, logs, audit records, health or metrics, over %s",
  async (_kind, makeStore) => {
    const h = harness(makeStore(), {
      writeToken: ROOT,
      previousToken: PREVIOUS,
      publicReads: false,
      auditIn: "store",
      logRequests: true,
    });
    const isolates: Harness[] = [h];
    /** What was said, and to whom. */
    const said: { text: string; to: string }[] = [];
    const secrets = [ROOT, PREVIOUS, GUESS];
    const hear = ({ text, headers }: Answered, to: string) => {
      said.push({ text: text + JSON.stringify([...headers]), to });
    };
    const send = async (isolate: Harness, token: string, method: string, path: string, body?: unknown) =>
      hear(
        await isolate.send(method, path, body, { authorization: token === "" ? NO_HEADER : `Bearer ${token}` }),
        token,
      );
    /** Makes a token; its secret may only be in this answer, and once. */
    const make = async (path: string, body: unknown) => {
      const answer = await h.send("POST", path, body, { authorization: `Bearer ${ROOT}` });
      const { token, ...rest } = answer.json;
      secrets.push(token);
      expect(answer.text.split(token)).toHaveLength(2);
      hear({ ...answer, text: JSON.stringify(rest) }, ROOT);
      return answer.json as { id: string; token: string };
    };

    const applied = await h.send("GET", "/v1/registry", undefined, { authorization: `Bearer ${ROOT}` });
    expect(applied.status).toBe(404);
    const read = await make("/v1/tokens", { name: "reader", access: "read", views: ["last_flight"] });
    await make("/v1/tokens", { name: "writer", access: "write" });
    const admin = await make("/v1/tokens", { name: "admin", access: "admin", expiresIn: "1h" });
    await make(`/v1/tokens/${read.id}/rotate`, {});
    await send(h, admin.token, "PUT", "/v1/registry", snapshotFor(h.project));

    const failing = h.isolate();
    const cold = h.isolate({ snapshot: snapshotFor(h.project) });
    isolates.push(failing, cold);
    const callers = [...secrets, "", `${read.token}x`];
    for (const isolate of [cold, h, failing]) {
      isolate.store.failing = isolate === failing;
      for (const token of callers) {
        await send(isolate, token, "POST", "/v1/features", { features: ["last_flight:delay"], entities: SEA });
        await send(isolate, token, "POST", "/v1/features", { features: [`${token}:x`], entities: { [token]: token } });
        await send(isolate, token, "POST", "/get-online-features", { features: ["delays:x"], entities: {} });
        await send(isolate, token, "POST", "/v1/rows/last_flight", { rows: [flightRow("SEA", NOW)] });
        await send(isolate, token, "POST", "/v1/rows/last_flight", "{");
        await send(isolate, token, "PUT", "/v1/registry", {});
        await send(isolate, token, "GET", "/v1/tokens");
        await send(isolate, token, "POST", "/v1/tokens", { name: "x" });
        await send(isolate, token, "GET", "/v1/audit");
        await send(isolate, token, "GET", "/health");
        await send(isolate, token, "GET", "/v1/registry");
        await send(isolate, token, "DELETE", "/v1/no-such-route");
      }
    }
    h.clock.nowUs = () => {
      throw new TypeError(`a fault that quotes ${ROOT}`);
    };
    await send(h, ROOT, "POST", "/v1/features", { features: ["last_flight:delay"], entities: SEA });
    h.clock.nowUs = () => 985_996_800_000_000;
    const metrics = await h.app.fetch(
      new Request("http://edgefeat.test/metrics", { headers: { authorization: `Bearer ${ROOT}` } }),
    );
    said.push({ text: await metrics.text(), to: ROOT });

    const logged = JSON.stringify(isolates.flatMap((isolate) => isolate.logged));
    // It is not that nothing was said.
    const all = said.map(({ text }) => text).join("\n");
    expect(said.length).toBeGreaterThan(300);
    for (const word of ["unauthorized", "forbidden", "store_unavailable", '"tokenName":"writer"', "edgefeat_"])
      expect([word, all.includes(word)]).toEqual([word, true]);
    for (const word of ["unauthorized", '"event":"audit"', '"event":"internal_error"', '"event":"request"'])
      expect([word, logged.includes(word)]).toEqual([word, true]);
    for (const secret of secrets) {
      // What a caller sends as a name may come back to that caller; it goes to nobody else, and into no log.
      expect(said.filter(({ text, to }) => text.includes(secret) && to !== secret)).toEqual([]);
      expect(logged.includes(secret) || logged.includes(secret.slice(-16)), `in the log: ${secret}`).toBe(false);
    }
  },
);
