// Two projects: tests in Node, and tests inside workerd (*.workerd.test.ts).
import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// Generous, because CI runs everything at once on few cores; no test waits for it to pass.
const testTimeout = 20_000;
const report = process.env["EDGEFEAT_TEST_REPORT"];

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    globalSetup: "test/support/global-setup.ts",
    // Many a suite waits for a process that it started: on two cores a second worker takes a third off the whole.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: { name: "node", testTimeout, include: ["test/**/*.test.ts"], exclude: ["test/**/*.workerd.test.ts"] },
      },
      {
        plugins: [
          cloudflareTest({ remoteBindings: false, wrangler: { configPath: "./test/support/workerd-wrangler.toml" } }),
        ],
        test: { name: "workerd", testTimeout, include: ["test/**/*.workerd.test.ts"] },
      },
    ],
  },
});
