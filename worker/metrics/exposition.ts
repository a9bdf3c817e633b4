// The text that Prometheus reads: families of samples, in its text format 0.0.4 or as OpenMetrics 1.0.

export type Format = "text" | "openmetrics";

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Returns the format that an Accept header prefers; plain text where it does not say. */
export function acceptedFormat(accept: string | null): Format {
  const qualities = { text: 0, openmetrics: 0 };
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const quality = Number(parameters.find((part) => part.startsWith("q="))?.slice(2) ?? 1);
    if (type === "application/openmetrics-text") qualities.openmetrics = Math.max(qualities.openmetrics, quality);
    if (type === "text/plain") qualities.text = Math.max(qualities.text, quality);
  }
  return qualities.openmetrics > qualities.text ? "openmetrics" : "text";
}

export type Labels = Readonly<Record<string, string | number>>;

/** Adds samples to a family. */
export interface Family {
  sample(value: number, labels?: Labels): void;
}

/** Adds series to a histogram. */
export interface HistogramFamily {
  /** `bounds` and `sum` in the unit of the family's name; `counts` by bucket alone, one more than bounds. */
  series(labels: Labels, bounds: readonly number[], counts: ArrayLike<number>, sum: number): void;
}

/** A page being written: its families in the order they were begun in, however their samples come. */
export class Exposition {
  readonly format: Format;
  readonly #families: { text: string }[] = [];

  constructor(format: Format) {
    this.format = format;
  }

  /** Begins a counter; `name` is without `_total`. */
  counter(name: string, help: string): Family {
    const family = this.#begin(this.#open ? name : `${name}_total`, "counter", help);
    return { sample: (value, labels = {}) => addSample(family, `${name}_total`, labels, value) };
  }

  gauge(name: string, help: string): Family {
    const family = this.#begin(name, "gauge", help);
    return { sample: (value, labels = {}) => addSample(family, name, labels, value) };
  }

  /** Begins a family of facts, each told by labels and the value 1; `name` is without `_info`. */
  info(name: string, help: string): { sample(labels: Labels): void } {
    const family = this.#begin(this.#open ? name : `${name}_info`, this.#open ? "info" : "gauge", help);
    return { sample: (labels) => addSample(family, `${name}_info`, labels, 1) };
  }

  histogram(name: string, help: string): HistogramFamily {
    const family = this.#begin(name, "histogram", help);
    return {
      series: (labels, bounds, counts, sum) => {
        let count = 0;
        for (let i = 0; i <= bounds.length; i++) {
          count += counts[i] as number;
          const bound = bounds[i];
          const le = bound === undefined ? "+Inf" : this.#bound(bound);
          addSample(family, `${name}_bucket`, { ...labels, le }, count);
        }
        addSample(family, `${name}_sum`, labels, sum);
        addSample(family, `${name}_count`, labels, count);
      },
    };
  }

  /** Returns the page. */
  end(): string {
    return this.#families.map(({ text }) => text).join("") + (this.#open ? "# EOF\n" : "");
  }

  get #open(): boolean {
    return this.format === "openmetrics";
  }

  #begin(name: string, type: string, help: string): { text: string } {
    const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    const text = `# HELP ${name} ${this.#open ? escaped.replaceAll('"', '\\"') : escaped}\n# TYPE ${name} ${type}\n`;
    const family = { text };
    this.#families.push(family);
    return family;
  }

  /** OpenMetrics wants one spelling of each bound, with a fraction; the text format's clients leave it out. */
  #bound(bound: number): string {
    return this.#open && Number.isInteger(bound) ? `${bound}.0` : String(bound);
  }
}

function addSample(family: { text: string }, name: string, labels: Labels, value: number): void {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(String(text))}"`);
  family.text += `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
