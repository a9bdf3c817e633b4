// The alert rules and the dashboard: they parse, and use what /metrics exposes and nothing else.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { busyPage } from "./support/metrics-page.ts";
import { parsePage } from "./support/prometheus-text.ts";
import { parseRules } from "./support/rules-file.ts";

const ROOM = join(import.meta.dirname, "../../worker/monitoring");
const rules = parseRules(readFileSync(join(ROOM, "alerts.yaml"), "utf8"));
const dashboard = JSON.parse(readFileSync(join(ROOM, "dashboard.json"), "utf8"));

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string; legendFormat: string }[];
  fieldConfig?: { defaults: { unit: string } };
}
const panels = dashboard.panels as Panel[];
const charts = panels.filter(({ type }) => type !== "row");
/** [where it stands, query]. */
const queries: [string, string][] = charts.flatMap(({ title, targets = [] }) =>
  targets.map(({ refId, expr }): [string, string] => [`${title} ${refId}`, expr]),
);

const page = parsePage(busyPage());
const recorded = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));
/** Prometheus adds these to what it scrapes. */
const TARGET_LABELS = ["job", "instance"];
const NAME = /\b(?:edgefeat_\w+|up|\w+(?::\w+)+)\b/g;

/** Returns the labels that samples of a metric have on the page; undefined for a name that is not exposed. */
function labelsOf(name: string): string[] | undefined {
  if (name === "up") return TARGET_LABELS;
  if (recorded.includes(name)) return [...TARGET_LABELS, "route", "view", "version"];
  if (!page.names().has(name)) return undefined;
  return [...TARGET_LABELS, ...page.all(name).flatMap(({ labels }) => Object.keys(labels))];
}

/** Returns the query without the texts in it. */
function withoutTexts(query: string): string {
  return query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
}

/** Returns what is wrong with a query: metrics that are not exposed, labels that they don't have. */
function faultsOf(query: string): string[] {
  const plain = withoutTexts(query);
  const names = plain.match(NAME) ?? [];
  if (names.length === 0) return ["no metric"];
  const unknown = names.filter((name) => labelsOf(name) === undefined);
  const known = new Set(names.flatMap((name) => labelsOf(name) ?? []));
  const selected = [...plain.matchAll(/\b([\w:]+)\{([^}]*)\}/g)].flatMap(([, name = "", inner = ""]) =>
    [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)]
      .map(([, label = ""]) => label)
      .filter((label) => !(labelsOf(name) ?? []).includes(label)),
  );
  const grouped = [...plain.matchAll(/\b(?:by|on|without)\s*\(([^)]*)\)/g)]
    .flatMap(([, inner = ""]) => inner.split(",").map((text) => text.trim()))
    .filter((label) => !known.has(label));
  return [...unknown, ...selected, ...grouped];
}

describe("the check of a query", () => {
  it.each([
    ["sum(rate(edgefeat_no_such_total[5m]))", ["edgefeat_no_such_total"]],
    ['edgefeat_cache_rows{view=~"x"}', ["view"]],
    ["sum by (job, route) (edgefeat_cache_rows)", ["route"]],
    ["job:edgefeat_unrecorded:rate5m > 1", ["job:edgefeat_unrecorded:rate5m"]],
    ["vector(1)", ["no metric"]],
  ])("finds fault with %s", (query, faults) => {
    expect(faultsOf(query)).toEqual(faults);
  });
});

describe("the alert rules", () => {
  it.each(rules.map(({ record, alert, expr }) => [record ?? alert, expr] as const))(
    "%s uses what is exposed",
    (_name, expr) => {
      expect(faultsOf(expr)).toEqual([]);
    },
  );

  it("tell how grave they are, what happened and where to look", () => {
    const alerts = rules.filter(({ alert }) => alert !== undefined);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(alert).toMatch(/^Edgefeat[A-Z]/);
      expect(["critical", "warning", "info"]).toContain(labels["severity"]);
      expect(Object.keys(annotations)).toEqual(["summary", "description"]);
    }
  });

  it("name in their words only labels that their query keeps", () => {
    for (const { expr, annotations } of rules) {
      for (const [, label = ""] of Object.values(annotations)
        .join(" ")
        .matchAll(/\$labels\.(\w+)/g)) {
        const names = withoutTexts(expr).match(NAME) ?? [];
        const grouped = /\bby\s*\(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/);
        expect(grouped ?? names.flatMap((name) => labelsOf(name) ?? [])).toContain(label);
      }
    }
  });
});

describe("the dashboard", () => {
  it.each(queries)("%s uses what is exposed", (_where, expr) => {
    expect(expr).toContain('job="$job"');
    expect(faultsOf(expr.replaceAll("$__rate_interval", "5m"))).toEqual([]);
  });

  it("shows every family of the page", () => {
    const shown = new Set(queries.flatMap(([, expr]) => expr.match(NAME) ?? []));
    const hidden = [...page.families.values()].filter(({ name, type }) =>
      (type === "histogram" ? ["_bucket", "_sum", "_count"] : [""]).every((end) => !shown.has(name + end)),
    );
    expect(hidden.map(({ name }) => name)).toEqual([]);
  });

  it("has panels that can be told apart, with a unit, side by side", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { fieldConfig, targets = [] } of charts) {
      expect(fieldConfig?.defaults.unit).toMatch(/\w/);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
    const taken = new Set<string>();
    for (const { gridPos } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it("uses the variables that it has", () => {
    const text = JSON.stringify(dashboard);
    const variables = (dashboard.templating.list as { name: string }[]).map(({ name }) => name);
    const used = [...text.matchAll(/\$\{?(\w+)/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !name.startsWith("__"));
    expect([...new Set(used)].toSorted()).toEqual(variables.toSorted());
  });
});
