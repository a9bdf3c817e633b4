// Tests in Node, and tests inside workerd (*.workerd.test.ts). Where nothing is kept between files, modules are loaded once
// for all of them; the others, which run databases and processes of their own, have a process a file.
import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// Generous, because CI runs everything at once on few cores; no test waits for it to pass.
const testTimeout = 20_000;
const IN_WORKERD = ["test/**/*.workerd.test.ts"];
const UNITS = ["test/sdk/*/**/*.test.ts", "test/worker/**/*.test.ts"];
const report = process.env["EDGEFEAT_TEST_REPORT"];

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    globalSetup: "test/support/global-setup.ts",
    // Many a suite waits for a process that it started: on two cores a second worker takes a third off the whole.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { test: { name: "node", testTimeout, include: ["test/**/*.test.ts"], exclude: [...IN_WORKERD, ...UNITS] } },
      { test: { name: "units", testTimeout, isolate: false, include: UNITS, exclude: IN_WORKERD } },
      {
        plugins: [
          cloudflareTest({ remoteBindings: false, wrangler: { configPath: "./test/support/workerd-wrangler.toml" } }),
        ],
        test: { name: "workerd", testTimeout, isolate: false, include: IN_WORKERD },
      },
    ],
  },
});
