// What the client does, told as text: run on every platform, it must tell the same.
import { createClient, EdgefeatError } from "edgefeat/client";
import { scaling } from "./client-batch-features.ts";

/** Returns what became of every way to read from a server that has the rows of `client-everywhere.test.ts`. */
export async function tell(url: string, arrowStream: string): Promise<Record<string, unknown>> {
  let requests = 0;
  const counting: typeof fetch = (input, init) => {
    requests++;
    return fetch(input, init);
  };
  const service = scaling;
  const client = createClient({ url, fetch: counting });
  const one = (id: number) =>
    client.getFeatures({ service, entities: { user_id: id }, request: { factor: 3 }, include: ["statuses"] });

  const batched = await Promise.all([1, 2, 9].map(one));
  const batchRequests = requests;

  // By the platform's own fetch, timers and randomness.
  const plain = createClient({ url });
  const alone = await plain.getFeatures({ service, entities: { user_id: [2, 9] }, request: { factor: 2n ** 62n } });

  let failures = 0;
  const failingTwice: typeof fetch = (input, init) =>
    ++failures <= 2 ? Promise.reject(new TypeError("no network")) : fetch(input, init);
  const stubborn = createClient({ url, fetch: failingTwice });
  const afterRetries = await stubborn.getFeatures({ features: ["totals:n"], entities: { user_id: 1 } });

  const never: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const waiting = createClient({ url, fetch: never, timeoutMs: 20 });
  const caller = new AbortController();
  const givenUp = codeOf(
    createClient({ url, fetch: never }).getFeatures({
      features: ["totals:n"],
      entities: { user_id: 1 },
      signal: caller.signal,
    }),
  );
  caller.abort();

  const bytes = Uint8Array.from(atob(arrowStream), (c) => c.charCodeAt(0));
  const canned = (body: Uint8Array<ArrayBuffer>, headers?: Record<string, string>) =>
    createClient({
      url,
      fetch: () => Promise.resolve(new Response(body, headers === undefined ? {} : { headers })),
      arrow: () => import("edgefeat/client/arrow"),
    });
  const columns = await canned(bytes).getFeaturesArrow({ service, entities: { user_id: [1, 2] } });
  const matrix = await canned(new Uint8Array(new Float32Array([1, Number.NaN]).buffer), {
    "edgefeat-rows": "1",
    "edgefeat-columns": "2",
    "edgefeat-features": encodeURIComponent('["a:é","b:x"]'),
  }).getFeatureMatrix({ features: ["a:é", "b:x"], entities: { user_id: 1 } });

  return {
    batched: texts(batched.map(({ rows, statuses, absent }) => ({ rows, statuses, absent }))),
    batchRequests,
    alone: texts([alone.rows, alone.errors]),
    afterRetries: texts(afterRetries.rows),
    failures,
    late: await codeOf(waiting.getFeatures({ features: ["totals:n"], entities: { user_id: 1 } })),
    givenUp: await givenUp,
    unreachable: await codeOf(
      createClient({ url: "http://127.0.0.1:1", retries: 0 }).getFeatures({ service, entities: { user_id: 1 } }),
    ),
    unknown: await codeOf(plain.getFeatures({ features: ["totals:noet"], entities: { user_id: 1 } })),
    arrow: texts([columns.rows(), columns.now]),
    matrix: texts([[...matrix.values], matrix.rows, matrix.columns, matrix.features]),
  };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "no error";
  } catch (error) {
    return error instanceof EdgefeatError ? `${error.code}: ${error.hint ?? error.message}` : String(error);
  }
}

/** JSON that tells bigints and NaN from other values. */
function texts(value: unknown): string {
  return JSON.stringify(value, (_key, member) =>
    typeof member === "bigint" ? `${member}n` : Number.isNaN(member) ? "NaN" : member,
  );
}
