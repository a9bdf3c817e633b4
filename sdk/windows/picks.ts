// Accumulators that keep events: the first, the last, and the n latest, ordered by SEMANTICS 4.8.
import type { Us } from "../time.ts";
import {
  compareNumbers,
  compareText,
  compareValues,
  packValue,
  unpackValue,
  type Value,
  type ValueType,
} from "../types/index.ts";
import type { Accumulator } from "./accumulator.ts";

/** An event with a value, and what orders it. */
export interface Pick extends Listed {
  readonly value: Value;
}

/** An event whose value may be null. */
export interface Listed {
  readonly eventTimeUs: Us;
  readonly createdTimeUs: Us | null;
  readonly eventId: string | null;
  readonly value: Value | null;
}

/** Returns the order of SEMANTICS 4.8: < 0 when `a` comes before `b`; null is the lowest value. */
export function comparePicks(type: ValueType, a: Listed, b: Listed): number {
  return (
    a.eventTimeUs - b.eventTimeUs ||
    compareNullable(a.createdTimeUs, b.createdTimeUs, compareNumbers) ||
    compareNullable(a.eventId, b.eventId, compareText) ||
    compareValues(type, a.value, b.value)
  );
}

function compareNullable<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compare(a, b);
}

const pack = (type: ValueType, s: Listed) =>
  `[${s.eventTimeUs},${s.createdTimeUs},${JSON.stringify(s.eventId)},${packValue(type, s.value)}]`;

function unpack(type: ValueType, json: unknown): Listed {
  const [eventTimeUs, createdTimeUs, eventId, value] = json as [Us, Us | null, string | null, unknown];
  return { eventTimeUs, createdTimeUs, eventId, value: unpackValue(type, value) };
}

/** The first (1) or the last (−1) event with a value. */
export function pick(sign: 1 | -1): Accumulator<Pick> {
  const better = (a: Pick, b: Pick, type: ValueType) => (sign * comparePicks(type, a, b) <= 0 ? a : b);
  return {
    empty: null,
    add: (state, event, { type }) => {
      if (event.value === null) return state;
      return state === null ? (event as Pick) : better(state, event as Pick, type);
    },
    merge: (a, b, { type }) => better(a, b, type),
    pack: (state, { type }) => pack(type, state),
    unpack: (json, { type }) => unpack(type, json) as Pick,
  };
}

/** The n latest events, latest first; with `nulls` those without a value too. */
export function latest(nulls: boolean): Accumulator<readonly Listed[]> {
  return {
    empty: null,
    add: (state, event, { type, n }) => {
      if (event.value === null && !nulls) return state;
      if (state === null) return [event];
      let at = state.length;
      while (at > 0 && comparePicks(type, state[at - 1] as Listed, event) < 0) at--;
      if (at >= (n as number)) return state;
      return [...state.slice(0, at), event, ...state.slice(at, (n as number) - 1)];
    },
    merge: (a, b, { type, n }) => {
      const length = Math.min(a.length + b.length, n as number);
      const merged: Listed[] = [];
      for (let i = 0, j = 0; merged.length < length;) {
        const fromB = i === a.length || (j < b.length && comparePicks(type, a[i] as Listed, b[j] as Listed) < 0);
        merged.push((fromB ? b[j++] : a[i++]) as Listed);
      }
      return merged;
    },
    pack: (state, { type }) => `[${state.map((one) => pack(type, one)).join(",")}]`,
    unpack: (json, { type }) => (json as unknown[]).map((one) => unpack(type, one)),
  };
}
