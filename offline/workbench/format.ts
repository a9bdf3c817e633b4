// Numbers, sizes and lengths of time as people read them.
import { US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_SECOND, type Us } from "../../sdk/time.ts";

export const count = (n: number): string => n.toLocaleString("en-US");

/** Returns "1 row", "1,234 rows". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** Returns "3.1%"; a share that is not nothing is never shown as 0, nor one that is not all as 100. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0%";
  if (part === whole) return "100%";
  const share = (100 * part) / whole;
  if (share < 0.1) return "<0.1%";
  return share > 99.9 ? ">99.9%" : `${share < 10 ? share.toFixed(1) : Math.round(share)}%`;
}

const UNITS = ["B", "kB", "MB", "GB"] as const;

/** Returns "12.3 MB", in powers of 1,000. */
export function bytes(n: number): string {
  let [size, unit] = [n, 0];
  while (size >= 1_000 && unit < UNITS.length - 1) {
    size /= 1_000;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Returns "0.8 s", "2 min 5 s". */
export function seconds(s: number): string {
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
}

const LENGTHS: readonly [size: Us, unit: string][] = [
  [US_PER_DAY, "d"],
  [US_PER_HOUR, "h"],
  [US_PER_MINUTE, "min"],
  [US_PER_SECOND, "s"],
  [US_PER_MS, "ms"],
  [1, "µs"],
];

/** Returns a length of time in two units at most: "1 d 6 h", "250 ms"; "0 s" for none. */
export function duration(us: Us): string {
  if (us === 0) return "0 s";
  const sign = us < 0 ? "−" : "";
  let rest = Math.abs(us);
  const first = LENGTHS.findIndex(([size]) => rest >= size);
  const parts: string[] = [];
  for (const [size, unit] of LENGTHS.slice(first, first + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${unit}`);
  }
  return `${sign}${parts.join(" ")}`;
}

/** Returns the first digits of a hash, enough to tell it from others on a page. */
export const shortHash = (hash: string): string => hash.replace(/^sha256:/, "").slice(0, 10);
