// The ranking example: on Upstash where its variables are set, else on the embedded store.
import { defineConfig, env } from "edgefeat";

const upstash = {
  type: "upstash",
  url: env("UPSTASH_REDIS_REST_URL"),
  token: env("UPSTASH_REDIS_REST_TOKEN"),
} as const;

export default defineConfig({
  project: "ranking",
  definitions: "./features.ts",
  ...(process.env["UPSTASH_REDIS_REST_URL"] === undefined ? {} : { online: upstash }),
});
