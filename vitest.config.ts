// Tests in Node, and tests inside workerd (*.workerd.test.ts). A module is loaded once for all files of a project, but for
// those that run a database in the test's own process: each of these files has a process to itself.
import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// Generous, because CI runs everything at once on few cores; no test waits for it to pass.
const testTimeout = 20_000;
const ENGINES = ["bench", "examples", "offline", "parity"].map((folder) => `test/${folder}/**/!(*.workerd).test.ts`);
const report = process.env["EDGEFEAT_TEST_REPORT"];

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    globalSetup: "test/support/global-setup.ts",
    // Many a suite waits for a process that it started, or for time to pass: on two cores three workers keep both busy.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "node",
          testTimeout,
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.workerd.test.ts", ...ENGINES],
        },
      },
      { test: { name: "engines", testTimeout, include: ENGINES } },
      {
        plugins: [
          cloudflareTest({ remoteBindings: false, wrangler: { configPath: "./test/support/workerd-wrangler.toml" } }),
        ],
        test: { name: "workerd", testTimeout, isolate: false, include: ["test/**/*.workerd.test.ts"] },
      },
    ],
  },
});
