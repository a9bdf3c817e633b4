// `npm run bench [name…]`: measures, and prints each figure beside the baseline of the same run.
import { parseArgs } from "node:util";
import { didYouMean } from "../../sdk/nearest.ts";
import { machineFacts } from "./machine.ts";
import { metrics } from "./metrics/index.ts";
import { type Metric, Unavailable } from "./metric.ts";
import { figuresOf, type Result, tableOf } from "./report.ts";

const USAGE = "usage: npm run bench -- [--list] [--json] [metric…]";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let asked: { list: boolean; json: boolean; names: string[] };
  try {
    asked = parse(args);
  } catch (fault) {
    warn(`${(fault as Error).message}\n${USAGE}`);
    return 2;
  }
  if (asked.list) {
    const width = Math.max(...metrics.map(({ name }) => name.length));
    for (const { name, description } of metrics) print(`${name.padEnd(width)}  ${description}`);
    return 0;
  }
  const known = metrics.map(({ name }) => name);
  const unknown = asked.names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    warn(`there is no metric "${unknown}": ${didYouMean(unknown, known)}`);
    return 2;
  }
  const chosen = metrics.filter(({ name, onlyByName = false }) =>
    asked.names.length === 0 ? !onlyByName : asked.names.includes(name),
  );
  warn(machineFacts());
  const { results, missing } = await measure(chosen);
  // The object has the last line of standard output to itself: people read the table on standard error then.
  const tell = asked.json ? warn : print;
  tell("");
  for (const line of tableOf(results)) tell(line);
  if (asked.json) print(JSON.stringify(figuresOf(results)));
  return missing > 0 && asked.names.length > 0 ? 1 : 0;
}

function parse(args: readonly string[]): { list: boolean; json: boolean; names: string[] } {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { list: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  return { ...values, names: positionals };
}

/** Runs one metric after another; what the machine lacks is told, and an error only where EDGEFEAT_REQUIRE_ALL=1. */
async function measure(chosen: readonly Metric[]): Promise<{ results: Result[]; missing: number }> {
  const results: Result[] = [];
  let missing = 0;
  for (const metric of chosen) {
    warn(`${metric.name}: ${metric.description}`);
    try {
      results.push({ name: metric.name, ...(await metric.run((line) => warn(`  ${line}`))) });
    } catch (fault) {
      if (!(fault instanceof Unavailable) || process.env["EDGEFEAT_REQUIRE_ALL"] === "1") throw fault;
      missing++;
      warn(`  skipped: ${fault.message}`);
    }
  }
  return { results, missing };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function warn(line: string): void {
  process.stderr.write(`${line}\n`);
}
