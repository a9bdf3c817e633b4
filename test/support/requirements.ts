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
