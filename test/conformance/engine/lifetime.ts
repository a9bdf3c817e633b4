// Calls in their order, cancelled ones, memory that runs out, and the end.
import { tableOf, vectorFromTyped, vectorFromValues } from "../../../offline/datasets/index.ts";
import type { Engine } from "../../../offline/engine/index.ts";
import { type EngineCase, equal, errorOf, matches, rows } from "./case.ts";

/** Runs in about a second and a half on one core, and gives no rows until then. */
const SLOW = "SELECT count(*) FROM range(40000) a(i), range(20000) b(i) WHERE (a.i * b.i) % 7 = 3";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const lifetimeCases: readonly EngineCase[] = [
  {
    name: "calls run one after another, in their order",
    async run({ engine }) {
      await engine.query("CREATE OR REPLACE TABLE log (n INTEGER)");
      await Promise.all(Array.from({ length: 20 }, (_, i) => engine.query(`INSERT INTO log VALUES (${i})`)));
      equal(
        await rows(engine, "SELECT n FROM log ORDER BY rowid"),
        Array.from({ length: 20 }, (_, i) => [i]),
      );
    },
  },
  {
    name: "cancelling stops a query, and leaves the engine and its tables",
    async run({ engine }) {
      await engine.load("kept", tableOf([["a", vectorFromValues({ kind: "int32" }, [1, 2])]]));
      for (const ms of [0, 50]) {
        const controller = new AbortController();
        const query = errorOf(engine.query(SLOW, [], { signal: controller.signal }));
        const next = engine.query("SELECT count(*) FROM kept");
        setTimeout(() => controller.abort(), ms);
        equal((await query).code, "cancelled");
        equal((await next).getChildAt(0)?.get(0), 2n);
      }
    },
  },
  {
    name: "cancelling stops a call before it starts, and a load between its slices",
    async run({ engine }) {
      const signal = AbortSignal.abort();
      const table = tableOf([["a", vectorFromValues({ kind: "int32" }, [1])]]);
      equal((await errorOf(engine.query("SELECT 1", [], { signal }))).code, "cancelled");
      equal((await errorOf(engine.load("never", table, { signal }))).code, "cancelled");
      equal((await errorOf(engine.query("SELECT * FROM never"))).code, "sql_error");

      const controller = new AbortController();
      const large = tableOf([["a", vectorFromTyped({ kind: "float64" }, new Float64Array(4_000_000))]]);
      const load = errorOf(engine.load("half", large, { signal: controller.signal }));
      setTimeout(() => controller.abort(), 1);
      equal((await load).code, "cancelled");
      equal((await errorOf(engine.query("SELECT * FROM half"))).code, "sql_error");
    },
  },
  {
    name: "cancelling does nothing once the call is done",
    async run({ engine }) {
      const controller = new AbortController();
      await engine.query("SELECT 1", [], { signal: controller.signal });
      controller.abort();
      equal(await rows(engine, "SELECT 1::BIGINT"), [[1n]]);
    },
  },
  {
    name: "out of memory is said so, with what to do, and the engine and its tables go on",
    async run({ open }) {
      const engine = await open({ memoryLimitBytes: 64_000_000 });
      await engine.load("kept", tableOf([["a", vectorFromValues({ kind: "int32" }, [1, 2])]]));
      const error = await errorOf(engine.query("SELECT list(i || repeat('x', 1000)) FROM range(1000000) r(i)"));
      equal(error.code, "engine_failed");
      matches(error.message, /^out of memory while running a query: /);
      matches(error.hint, /memoryLimitBytes/);
      equal(await rows(engine, "SELECT sum(a)::BIGINT FROM kept"), [[3n]]);
      await engine.close();
    },
  },
  {
    name: "closing rejects what is pending and what comes after, and may be repeated",
    async run({ engine, open }) {
      const other = await open();
      const pending = errorOf(other.query(SLOW));
      const waiting = errorOf(other.query("SELECT 1"));
      await pause(50);
      await other.close();
      for (const error of [await pending, await waiting, await errorOf(other.query("SELECT 1"))]) {
        equal(error.code, "engine_failed");
        matches(error.hint, /./);
      }
      await other.close();
      equal(await rows(engine, "SELECT 1::BIGINT"), [[1n]]);
    },
  },
  {
    name: "closing stops a load, or a result that is being read",
    async run({ open }) {
      const large = tableOf([["a", vectorFromTyped({ kind: "float64" }, new Float64Array(3_000_000))]]);
      for (const begin of [
        (other: Engine) => other.load("large", large),
        (other: Engine) => other.query("SELECT i FROM range(3000000) r(i)"),
      ]) {
        const other = await open();
        const pending = errorOf(begin(other));
        await pause(20);
        await other.close();
        equal((await pending).code, "engine_failed");
      }
    },
  },
];
