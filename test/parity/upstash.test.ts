// The parity theorem on Upstash's protocol over a real Redis.
import { describe } from "vitest";
import { upstash } from "../support/provided.ts";
import { storeParity } from "./store-parity.ts";

describe.skipIf(upstash === null)("with redis-server", () => {
  storeParity("upstash", () => ({ type: "upstash", url: upstash?.url, token: upstash?.token }));
});
