// The demo as a newcomer runs it: it ends well, and with the parity line.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { readTableFile } from "../../offline/datasets/files.ts";

const demo = join(import.meta.dirname, "flights/demo.ts");

describe("npm run demo", () => {
  it("finds online equal to offline for every airport, route and feature", { timeout: 600_000 }, async () => {
    const { stdout } = await promisify(execFile)("node", [demo], { maxBuffer: 1e8 });
    const last = stdout.trimEnd().split("\n").at(-1) as string;
    const [, equal, total] = /^parity: (\d+)\/(\d+) values equal$/.exec(last) ?? [];
    expect(Number(total)).toBeGreaterThanOrEqual(10_000);
    expect(equal).toBe(total);
    const training = await readTableFile(join(import.meta.dirname, "flights/.edgefeat/demo/training.parquet"));
    expect(training.numRows).toBe(100_000);
  });
});
