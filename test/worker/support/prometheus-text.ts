// A strict reader of what /metrics answers: Prometheus's text format 0.0.4 and OpenMetrics 1.0, as far as we write them.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

/** By type, the sample names of a family of the text format. */
const SAMPLE_NAMES: Readonly<Record<string, (name: string) => readonly string[]>> = {
  counter: (name) => [name],
  gauge: (name) => [name],
  histogram: (name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`],
};
const OPEN_SAMPLE_NAMES: typeof SAMPLE_NAMES = {
  ...SAMPLE_NAMES,
  counter: (name) => [`${name}_total`],
  info: (name) => [`${name}_info`],
};

export class Page {
  readonly families = new Map<string, MetricFamily>();
  readonly #sampleNames: typeof SAMPLE_NAMES;

  constructor(sampleNames: typeof SAMPLE_NAMES) {
    this.#sampleNames = sampleNames;
  }

  /** Returns the value of the one sample with this name and exactly these labels; undefined where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.all(name).find((sample) => seriesOf(sample) === seriesOf({ name, labels }))?.value;
  }

  /** Returns the samples of a name, in the page's order. */
  all(name: string): Sample[] {
    return [...this.families.values()].flatMap(({ samples }) => samples.filter((sample) => sample.name === name));
  }

  /** Returns the names that a query may use, of families without samples too. */
  names(): Set<string> {
    return new Set(
      [...this.families.values()].flatMap(({ name, type }) => [...(this.#sampleNames[type]?.(name) ?? [])]),
    );
  }
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const FLOAT = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/;

/** Returns a page. @throws Error naming the line that breaks a rule */
export function parsePage(text: string, format: "text" | "openmetrics" = "text"): Page {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const lines = text.slice(0, -1).split("\n");
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("no # EOF");
  const sampleNames = format === "openmetrics" ? OPEN_SAMPLE_NAMES : SAMPLE_NAMES;
  const page = new Page(sampleNames);
  let family: MetricFamily | undefined;
  let help: readonly [string, string] | undefined;
  const seen = new Set<string>();
  for (const line of lines) {
    const refuse = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (help !== undefined) refuse("HELP after HELP");
      help = [name, unescape(rest, format === "openmetrics" ? /\\(.)|"/g : /\\(.)/g)];
    } else if (keyword === "TYPE") {
      if (help?.[0] !== name) refuse("TYPE without its HELP just before");
      if (!NAME.test(name) || page.families.has(name)) refuse("a bad or repeated name");
      if (!Object.hasOwn(sampleNames, rest)) refuse("an unknown type");
      if (format === "text" && (rest === "counter") !== name.endsWith("_total")) refuse("_total is for counters");
      if (format === "openmetrics" && name.endsWith("_total")) refuse("a family's name has no _total");
      family = { name, type: rest, help: help?.[1] ?? "", samples: [] };
      page.families.set(name, family);
      help = undefined;
    } else {
      if (line.startsWith("#") || help !== undefined) refuse("an unexpected line");
      const sample = parseSample(line);
      if (family === undefined || sampleNames[family.type]?.(family.name).includes(sample.name) !== true) {
        throw new Error(`a sample outside of its family: ${line}`);
      }
      const series = seriesOf(sample);
      if (seen.has(series)) refuse("a series twice");
      seen.add(series);
      if (family.type !== "gauge" && !(sample.value >= 0)) refuse("a count below 0");
      family.samples.push(sample);
    }
  }
  for (const { type, name, samples } of page.families.values())
    if (type === "histogram") checkHistogram(name, samples, format);
  return page;
}

function parseSample(line: string): Sample {
  const [, name = "", inner, value = ""] = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (!NAME.test(name) || !FLOAT.test(value)) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let at = 0;
  const text = inner ?? "";
  const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,(?=.)|$)/y;
  while (at < text.length) {
    pair.lastIndex = at;
    const [whole, label, escaped] = pair.exec(text) ?? [];
    if (whole === undefined || label === undefined || escaped === undefined || Object.hasOwn(labels, label)) {
      throw new Error(`bad labels at ${at}: ${line}`);
    }
    labels[label] = unescape(escaped, /\\(.)/g);
    at += whole.length;
  }
  if (inner === "") throw new Error(`empty labels: ${line}`);
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function unescape(text: string, escape: RegExp): string {
  return text.replace(escape, (whole, escaped: string | undefined) => {
    if (escaped === undefined || !["\\", "n", '"'].includes(escaped)) throw new Error(`a bad escape: ${whole}`);
    return escaped === "n" ? "\n" : escaped;
  });
}

/** Buckets grow with their bounds, end with +Inf, and agree with the count; every series has its sum. */
function checkHistogram(name: string, samples: readonly Sample[], format: "text" | "openmetrics"): void {
  const series = new Map<string, { buckets: Sample[]; sum?: number; count?: number }>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = seriesOf({ name, labels });
    const entry = series.get(key) ?? { buckets: [] };
    if (sample.name.endsWith("_bucket")) entry.buckets.push(sample);
    else entry[sample.name.endsWith("_sum") ? "sum" : "count"] = sample.value;
    series.set(key, entry);
  }
  for (const [key, { buckets, sum, count }] of series) {
    const bounds = buckets.map(({ labels }) => labels["le"] as string);
    const ascending = buckets.every(
      ({ value }, i) =>
        i === 0 || (value >= (buckets[i - 1] as Sample).value && bound(bounds[i]) > bound(bounds[i - 1])),
    );
    const last = buckets.at(-1);
    const canonical = format === "text" || bounds.every((le) => le === "+Inf" || /[.e]/.test(le));
    if (!ascending || !canonical || last?.labels["le"] !== "+Inf" || last.value !== count || sum === undefined) {
      throw new Error(`a histogram that does not add up: ${key}`);
    }
  }
}

function bound(le: string | undefined): number {
  return le === "+Inf" ? Infinity : Number(le);
}

function seriesOf({ name, labels }: Omit<Sample, "value">): string {
  return `${name}${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
}
