// What some suites need and a machine may lack: they skip with a reason, or fail when EDGEFEAT_REQUIRE_ALL=1.

/**
 * Reports that suites are skipped for want of a tool.
 * @throws instead when EDGEFEAT_REQUIRE_ALL=1, so that CI can't pass by skipping.
 */
export function reportMissing(tool: string, suites: string, install: string): void {
  const message = `${tool} was not found, so ${suites} are skipped. To run them: ${install}`;
  if (process.env["EDGEFEAT_REQUIRE_ALL"] === "1") throw new Error(`EDGEFEAT_REQUIRE_ALL=1, but ${message}`);
  process.stderr.write(`\n  ${message}\n\n`);
}

/** Reports that suites are skipped for a reason that no installation can do away with, which is no failure in CI either. */
export function reportSkipped(suites: string, reason: string): void {
  process.stderr.write(`\n  ${suites} are skipped: ${reason}\n\n`);
}
