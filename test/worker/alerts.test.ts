// The alerts by promtool, where it is installed: each goes off for what it is about, and not for what is well.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { promtool, reportNoPromtool } from "./support/promtool.ts";
import { parseRules } from "./support/rules-file.ts";

const ROOM = join(import.meta.dirname, "../../worker/monitoring");
const RULES = join(ROOM, "alerts.yaml");
const JOB = 'job="edgefeat",instance="a"';

interface Case {
  readonly alert: string;
  readonly about: string;
  /** Samples a minute, as promtool writes them, by series without their job. */
  readonly series: Readonly<Record<string, string>>;
  readonly atMin: number;
  /** The labels, beside job and severity, of each alert that has gone off. */
  readonly fires: readonly Readonly<Record<string, string>>[];
}

const requests = (status: number, route = "/v1/features") =>
  `edgefeat_http_requests_total{method="POST",route="${route}",status="${status}"}`;
const bucket = (le: string) =>
  `edgefeat_http_request_duration_seconds_bucket{method="POST",route="/v1/features",status_class="2xx",le="${le}"}`;
const rows = (status: string, view = "delays") =>
  `edgefeat_view_rows_total{view="${view}",version="1",status="${status}"}`;
const breaker = (state: string) => `edgefeat_store_breaker_state{store="primary",state="${state}"}`;

const cases: readonly Case[] = [
  { alert: "EdgefeatDown", about: "no answer", series: { up: "1x2 0x10" }, atMin: 8, fires: [{ instance: "a" }] },
  { alert: "EdgefeatDown", about: "answers", series: { up: "1x10" }, atMin: 8, fires: [] },
  {
    alert: "EdgefeatErrorRate",
    about: "2 % of answers",
    series: { [requests(200)]: "0+980x30", [requests(503)]: "0+20x30" },
    atMin: 20,
    fires: [{}],
  },
  {
    alert: "EdgefeatErrorRate",
    about: "0.5 % of answers, and a failing health check",
    series: { [requests(200)]: "0+995x30", [requests(500)]: "0+5x30", [requests(503, "/health")]: "0+1000x30" },
    atMin: 20,
    fires: [],
  },
  {
    alert: "EdgefeatLatency",
    about: "2 % above 250 ms",
    series: { [bucket("0.25")]: "0+98x30", [bucket("0.5")]: "0+100x30", [bucket("+Inf")]: "0+100x30" },
    atMin: 25,
    fires: [{ route: "/v1/features" }],
  },
  {
    alert: "EdgefeatLatency",
    about: "all below 250 ms",
    series: { [bucket("0.25")]: "0+100x30", [bucket("0.5")]: "0+100x30", [bucket("+Inf")]: "0+100x30" },
    atMin: 25,
    fires: [],
  },
  {
    alert: "EdgefeatTransformErrors",
    about: "one feature fails for 5 % of rows, another for 0.1 %",
    series: {
      edgefeat_entity_rows_total: "0+1000x30",
      'edgefeat_transform_errors_total{feature="risk:ratio",code="division_by_zero"}': "0+30x30",
      'edgefeat_transform_errors_total{feature="risk:ratio",code="integer_overflow"}': "0+20x30",
      'edgefeat_transform_errors_total{feature="risk:far",code="integer_overflow"}': "0+1x30",
    },
    atMin: 25,
    fires: [{ feature: "risk:ratio" }],
  },
  {
    alert: "EdgefeatRegistryNotSeen",
    about: "for longer than 15 minutes",
    series: { edgefeat_registry_snapshot_age_seconds: "0+60x30" },
    atMin: 22,
    fires: [{}],
  },
  {
    alert: "EdgefeatRegistryNotSeen",
    about: "seen by each scrape",
    series: { edgefeat_registry_snapshot_age_seconds: "5x30" },
    atMin: 22,
    fires: [],
  },
  {
    alert: "EdgefeatScrapesMixIsolates",
    about: "another start from scrape to scrape",
    series: { edgefeat_isolate_start_time_seconds: "100 200 100 300 200 100 300 200".concat(" 100 200".repeat(40)) },
    atMin: 50,
    fires: [{ instance: "a" }],
  },
  {
    alert: "EdgefeatScrapesMixIsolates",
    about: "two deployments in half an hour",
    series: { edgefeat_isolate_start_time_seconds: "100x10 200x10 300x60" },
    atMin: 50,
    fires: [],
  },
  { alert: "EdgefeatStoreDown", about: "no answer", series: { edgefeat_store_up: "1x3 0x10" }, atMin: 8, fires: [{}] },
  { alert: "EdgefeatStoreDown", about: "answers", series: { edgefeat_store_up: "1x10" }, atMin: 8, fires: [] },
  {
    alert: "EdgefeatStoreUnavailable",
    about: "again and again",
    series: { 'edgefeat_http_errors_total{code="store_unavailable"}': "0x3 1+1x20" },
    atMin: 15,
    fires: [{}],
  },
  {
    alert: "EdgefeatStoreUnavailable",
    about: "once",
    series: { 'edgefeat_http_errors_total{code="store_unavailable"}': "0x5 1x20" },
    atMin: 10,
    fires: [],
  },
  {
    alert: "EdgefeatStoreBreakerOpen",
    about: "open",
    series: { [breaker("open")]: "0x2 1x10", [breaker("closed")]: "1x2 0x10" },
    atMin: 6,
    fires: [{ store: "primary" }],
  },
  {
    alert: "EdgefeatStoreBreakerOpen",
    about: "opened often, though closed at each scrape",
    series: { [breaker("open")]: "0x20", 'edgefeat_store_breaker_opened_total{store="primary"}': "0+1x20" },
    atMin: 18,
    fires: [{ store: "primary" }],
  },
  { alert: "EdgefeatStoreBreakerOpen", about: "closed", series: { [breaker("open")]: "0x20" }, atMin: 18, fires: [] },
  {
    alert: "EdgefeatStorePartUnreachable",
    about: "the secondary",
    series: { 'edgefeat_store_part_unreachable{store="secondary"}': "1x10" },
    atMin: 8,
    fires: [{ store: "secondary" }],
  },
  {
    alert: "EdgefeatStaleRowsServed",
    about: "for minutes",
    series: { edgefeat_cache_stale_total: "0x3 0+5x20" },
    atMin: 12,
    fires: [{}],
  },
  {
    alert: "EdgefeatStaleRowsServed",
    about: "long ago",
    series: { edgefeat_cache_stale_total: "7x20" },
    atMin: 12,
    fires: [],
  },
  {
    alert: "EdgefeatStoreNearlyFull",
    about: "85 %",
    series: { edgefeat_store_used_bytes: "85x30", edgefeat_store_limit_bytes: "100x30" },
    atMin: 20,
    fires: [{}],
  },
  {
    alert: "EdgefeatStoreNearlyFull",
    about: "no limit",
    series: { edgefeat_store_used_bytes: "85x30" },
    atMin: 20,
    fires: [],
  },
  {
    alert: "EdgefeatStoreMayEvict",
    about: "it does",
    series: { edgefeat_store_may_evict: "1x10" },
    atMin: 8,
    fires: [{}],
  },
  {
    alert: "EdgefeatStoreMayEvict",
    about: "it does not",
    series: { edgefeat_store_may_evict: "0x10" },
    atMin: 8,
    fires: [],
  },
  {
    alert: "EdgefeatViewNotFresh",
    about: "one of two views",
    series: {
      'edgefeat_view_freshness_exceeded{view="delays",version="2"}': "0x3 1x10",
      'edgefeat_view_freshness_exceeded{view="prices",version="1"}': "0x13",
    },
    atMin: 10,
    fires: [{ view: "delays", version: "2" }],
  },
  {
    alert: "EdgefeatPushRejected",
    about: "5 % of one view's events, 0.1 % of another's",
    series: {
      'edgefeat_push_events_total{view="delays",outcome="accepted"}': "0+95x60",
      'edgefeat_push_events_total{view="delays",outcome="rejected"}': "0+5x60",
      'edgefeat_push_events_total{view="prices",outcome="accepted"}': "0+999x60",
      'edgefeat_push_events_total{view="prices",outcome="rejected"}': "0+1x60",
    },
    atMin: 40,
    fires: [{ view: "delays" }],
  },
  {
    alert: "EdgefeatPushLate",
    about: "a tenth of one view's events, no more than 1 % of another's",
    series: {
      'edgefeat_push_events_total{view="delays",outcome="accepted"}': "0+90x150",
      'edgefeat_push_events_total{view="delays",outcome="deferred"}': "0+10x150",
      'edgefeat_push_events_total{view="prices",outcome="accepted"}': "0+99x150",
      'edgefeat_push_events_total{view="prices",outcome="deferred"}': "0+1x150",
    },
    atMin: 130,
    fires: [{ view: "delays" }],
  },
  {
    alert: "EdgefeatNotFoundJump",
    about: "from 1 % to 30 %, after a night without a request; another view always has 30 %",
    series: {
      [rows("PRESENT")]: "0+99x300 29700x300 29700+70x120",
      [rows("NOT_FOUND")]: "0+1x300 300x300 300+30x120",
      [rows("PRESENT", "prices")]: "0+70x720",
      [rows("NOT_FOUND", "prices")]: "0+30x720",
    },
    atMin: 660,
    fires: [{ view: "delays", version: "1" }],
  },
];

const rules = parseRules(readFileSync(RULES, "utf8"));
const alerts = rules.filter(({ alert }) => alert !== undefined);

it("every alert has a case in which it goes off", () => {
  const firing = new Set(cases.filter(({ fires }) => fires.length > 0).map(({ alert }) => alert));
  expect(alerts.map(({ alert }) => alert).filter((alert) => !firing.has(alert as string))).toEqual([]);
});

reportNoPromtool("promtool's look at the alert rules and the dashboard's queries");
describe.skipIf(promtool === null)("by promtool", () => {
  const check = promtool as NonNullable<typeof promtool>;
  let folder: string;
  /** The rules without annotations: promtool would compare these too, figures and all. */
  let bare: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "edgefeat-alerts-"));
    const groups = Map.groupBy(rules, ({ group }) => group);
    bare = write("rules.json", {
      groups: [...groups].map(([name, members]) => ({
        name,
        rules: members.map(({ group: _, annotations: __, ...rule }) => rule),
      })),
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Writes a file of promtool's, as JSON, which is YAML too. */
  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };

  it("the rules are well-formed", () => {
    const { code, output } = check(["check", "rules", RULES]);
    expect(output).toContain("SUCCESS");
    expect(code).toBe(0);
  });

  it("the dashboard's queries are", () => {
    const { panels } = JSON.parse(readFileSync(join(ROOM, "dashboard.json"), "utf8"));
    const queries = panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    );
    const recorded = queries.map((expr: string, i: number) => ({
      record: `query:${i}`,
      expr: expr.replaceAll("$__rate_interval", "5m"),
    }));
    const { code, output } = check([
      "check",
      "rules",
      write("queries.json", { groups: [{ name: "dashboard", rules: recorded }] }),
    ]);
    expect(output).toContain(`SUCCESS: ${queries.length} rules found`);
    expect(code).toBe(0);
  });

  it.each(cases.map((one): [string, Case] => [`${one.alert}: ${one.about}`, one]))("%s", (_name, one) => {
    const rule = alerts.find(({ alert }) => alert === one.alert);
    const series = Object.entries(one.series).map(([name, values]) => ({
      series: name.endsWith("}") ? `${name.slice(0, -1)},${JOB}}` : `${name}{${JOB}}`,
      values,
    }));
    const test = {
      interval: "1m",
      input_series: series,
      alert_rule_test: [
        {
          eval_time: `${one.atMin}m`,
          alertname: one.alert,
          exp_alerts: one.fires.map((labels) => ({
            exp_labels: { job: "edgefeat", ...rule?.labels, ...labels },
          })),
        },
      ],
    };
    const file = write("case.json", { rule_files: [bare], evaluation_interval: "1m", tests: [test] });
    const { code, output } = check(["test", "rules", file]);
    expect([code, output]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });
});
