// The results: a table for people, one object for programs.
import type { Measured, Measurement } from "./metric.ts";
import { ratioOf, type Spread, spreadOf } from "./rounds.ts";

export interface Result extends Measured {
  readonly name: string;
}

export interface Figure {
  /** The median of the rounds, in `unit`, like `baseline`. */
  readonly value: number;
  readonly unit: string;
  readonly baseline: number;
  /** value / baseline */
  readonly ratio: number;
}

const HEADER = ["metric", "ours (min–max)", "baseline (min–max)", "unit", "ratio (min–max)", "better", "baseline"];

/** Returns the table's lines, each metric's notes below it. */
export function tableOf(results: readonly Result[]): string[] {
  const rows = results.flatMap(({ name, measurements }) => measurements.map((one) => cells(name, one)));
  const widths = HEADER.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join("  ")
      .trimEnd();
  const notes = results.flatMap(({ name, notes: said }) => ["", `${name}:`, ...said.map((note) => `  ${note}`)]);
  return [line(HEADER), ...rows.map(line), ...notes];
}

/** Returns the figures by metric, and by `metric.variant`. */
export function figuresOf(results: readonly Result[]): Record<string, Figure> {
  return Object.fromEntries(
    results.flatMap(({ name, measurements }) => measurements.map((one) => [fullName(name, one), figureOf(one)])),
  );
}

function figureOf(measurement: Measurement): Figure {
  return {
    value: rounded(spreadOf(measurement.values).median),
    unit: measurement.unit,
    baseline: rounded(spreadOf(measurement.baselines).median),
    ratio: rounded(ratioOf(measurement).median),
  };
}

function cells(name: string, measurement: Measurement): string[] {
  const { values, baselines, unit, better, against } = measurement;
  const [ours, baseline] = [spreadOf(values), spreadOf(baselines)];
  return [
    fullName(name, measurement),
    shown(ours),
    shown(baseline),
    unit,
    shown(ratioOf(measurement)),
    `${better} is`,
    against,
  ];
}

function fullName(name: string, { variant }: Measurement): string {
  return variant === "" ? name : `${name}.${variant}`;
}

function shown({ median, min, max }: Spread): string {
  const one = rounded(median);
  return min === max ? String(one) : `${one} (${rounded(min)}–${rounded(max)})`;
}

/** Four digits that mean something. */
function rounded(n: number): number {
  return Number(n.toPrecision(4));
}
