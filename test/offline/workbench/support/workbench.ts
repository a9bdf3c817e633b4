// The workbench in Chromium, as `edgefeat workbench` serves it: a repo folder with Feast's driver statistics, pages that tell their faults.
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { workbenchFiles } from "../../../../offline/workbench/build.ts";
import { repoAnswers } from "../../../../sdk/cli/workbench/repo-answers.ts";
import { startWorkbench, type WorkbenchServer } from "../../../../sdk/cli/workbench/server.ts";
import { reportMissing } from "../../../support/requirements.ts";

const CHROMIUM = "/usr/bin/chromium";
export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) reportMissing("chromium", "the workbench's tests in Chromium", "apt-get install chromium");

export const FEATURES = `import { avg, count, entity, featureService, featureView, float32, float64, int32, int64, onDemandView, parquet,
  requestSource, sum } from "edgefeat";
const driver = entity("driver", { joinKey: "driver_id", type: int64() });
const source = parquet("driver_stats", { path: "driver_stats.parquet", eventTime: "event_timestamp", createdTime: "created" });
const hourly = featureView("driver_hourly_stats", { entities: [driver], source, ttl: "1d",
  features: { conv_rate: float32(), acc_rate: float32(), avg_daily_trips: int32() } });
const windows = featureView("driver_windows", { entities: [driver], source, aggregations: {
  trips_1d: sum("avg_daily_trips", "1d"), rate_7d: avg("conv_rate", "7d"), rows_1h: count("1h") } });
const trip = requestSource("trip", { val_to_add: float64() });
export const plus = onDemandView("conv_plus", { inputs: [hourly, trip], features: { conv_rate_plus: float64() },
  expressions: { conv_rate_plus: "conv_rate + val_to_add" } });
export const squared = onDemandView("squared", { inputs: [hourly], features: { trips_squared: float64() },
  transform: (row) => ({ trips_squared: row.avg_daily_trips === null ? null : Number(row.avg_daily_trips) ** 2 }) });
export const activity = featureService("driver_activity", { features: [hourly, windows, plus, squared] });
`;

/** Entity rows over the statistics' time and a little more, by a fixed pattern; some cities are missing. */
export function entityCsv(rows: number): string {
  const start = Date.UTC(2022, 2, 27);
  const lines = Array.from({ length: rows }, (_, i) => {
    const time = new Date(start + ((i * 7_919_000_003) % (16 * 86_400_000))).toISOString();
    return `${1001 + (i % 6)},${time},${(i % 50) / 10},${["Oslo", "Lima", "", "Paris"][i % 4]},${i % 2}`;
  });
  return `driver_id,event_timestamp,val_to_add,city,label\n${lines.join("\n")}\n`;
}

export interface DriverRepo {
  readonly folder: string;
  readonly entities: string;
  remove(): void;
}

/** Returns a new repo folder. */
export function driverRepo(rows = 1_000): DriverRepo {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-workbench-"));
  cpSync(join(import.meta.dirname, "../../../fixtures/driver_stats.parquet"), join(folder, "driver_stats.parquet"));
  writeFileSync(
    join(folder, "edgefeat.config.ts"),
    `export default { project: "drivers", definitions: "./features.ts" };`,
  );
  writeFileSync(join(folder, "features.ts"), FEATURES);
  const entities = join(folder, "entities.csv");
  writeFileSync(entities, entityCsv(rows));
  return { folder, entities, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts the workbench at a free port: in a repo, or in none. */
export async function serveWorkbench(repo: DriverRepo | null, withEntities = true): Promise<WorkbenchServer> {
  const answers = repo === null ? null : await repoAnswers(repo.folder, withEntities ? repo.entities : null, {});
  return startWorkbench({ port: 0, files: await workbenchFiles({ level: 1 }), repo: answers });
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

export interface Visit {
  readonly page: Page;
  /** What the page's console said, scripts that failed, and requests to other hosts: nothing, when all is well. */
  readonly complaints: string[];
}

/** Opens the workbench and waits for its first step. */
export async function visit(
  where: Browser | BrowserContext,
  url: string,
  options: { width?: number; colorScheme?: "light" | "dark" } = {},
): Promise<Visit> {
  const { width = 1_280, colorScheme = "light" } = options;
  const page = await where.newPage();
  await page.setViewportSize({ width, height: width < 600 ? 740 : 900 });
  await page.emulateMedia({ colorScheme });
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) complaints.push(request.url());
  });
  await page.goto(url);
  await page.waitForFunction(() => !document.querySelector("#definitions")?.textContent?.includes("Looking for"));
  return { page, complaints };
}

/** Waits until nothing is left to do, builds, and waits for the rows. @throws what the page says when it fails */
export async function build(page: Page): Promise<void> {
  await page.waitForSelector("#build:not([aria-disabled])", { timeout: 60_000 });
  await page.click("#build");
  await page.waitForSelector("table.rows, #run .callout.bad", { timeout: 120_000 });
  const problem = page.locator("#run .callout.bad");
  if ((await problem.count()) > 0) throw new Error(`it was not built: ${await problem.textContent()}`);
}

/** Returns what a click makes the browser download. */
export async function downloaded(page: Page, selector: string): Promise<{ name: string; path: string }> {
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 60_000 }), page.click(selector)]);
  return { name: download.suggestedFilename(), path: await download.path() };
}
