// What the global set-up hands to every test file, in Node and in workerd.
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** A Redis behind the gateway, shared by all files of a run: use key prefixes of your own. Null where there is no redis-server. */
    upstash: { url: string; token: string } | null;
    /** Which requests the fuzzer sends: EDGEFEAT_FUZZ_SEED, _REQUESTS and _PATH of the environment. */
    fuzz: { seed: number; requests: number | null; path: string | null };
  }
}

export const upstash = inject("upstash");
export const fuzzing = inject("fuzz");
