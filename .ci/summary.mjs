// Prints "N passed, N failed[, N skipped]" from Vitest's JSON report and the exit code of the whole test command.
// Whatever failed outside a test (install, types, lint, format, a file that does not load) counts as one failure.
import { readFileSync } from "node:fs";

const [, , reportPath, exitCode] = process.argv;

let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(reportPath, "utf8"));
  passed = report.numPassedTests;
  failed = report.numFailedTests;
  skipped = report.numPendingTests + report.numTodoTests;
  failed += report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  ).length;
} catch {
  // No report: the tests never ran.
}
if (failed === 0 && exitCode !== "0") failed = 1;
const ranNothing = passed + failed === 0;
if (ranNothing) failed = 1;

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
