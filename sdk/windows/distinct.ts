// How many distinct values: exact while they are few, then a HyperLogLog sketch. Both depend on the set of values alone.
import { hash53 } from "../hash53.ts";
import { packValue } from "../types/index.ts";
import { type Accumulator, noState } from "./accumulator.ts";
import { ascends, placeOf } from "./sorted.ts";

/** Up to here the count is exact. */
export const EXACT_DISTINCT = 256;
/** 2^12 registers, whose standard error is 1.04 / √4096 = 1.6 %. */
const REGISTERS = 4096;
/** What of a 53-bit hash is left beside the 12 bits that choose its register. */
const REST_BITS = 41;
const REST = 2 ** REST_BITS;

/** The hashes of few values, ascending; of more than EXACT_DISTINCT the registers of a HyperLogLog. */
export type DistinctState = readonly number[] | Uint8Array;

/** Counts the distinct values by SEMANTICS 2.3: NaN is one value, −0 and +0 are two. */
export const distinct: Accumulator<DistinctState> = {
  empty: null,
  add: (state, { value }, { type }) => {
    if (value === null) return state;
    const hash = hash53(packValue(type, value));
    if (state === null) return [hash];
    if (isSketch(state)) return (state[registerOf(hash)] as number) < rankOf(hash) ? withHashes(state, [hash]) : state;
    const at = placeOf(state, hash);
    return state[at] === hash ? state : sketched(state.toSpliced(at, 0, hash));
  },
  merge: union,
  pack: (state) =>
    isSketch(state) ? JSON.stringify(String.fromCharCode(...state.map(printable))) : `[${state.join()}]`,
  unpack: (json) => {
    if (Array.isArray(json) && json.length <= EXACT_DISTINCT && ascends(json)) return json as number[];
    const registers = Uint8Array.from(String(json), (character) => character.charCodeAt(0) - 48);
    if (registers.length === REGISTERS && registers.every((rank) => rank <= REST_BITS + 1)) return registers;
    throw noState("distinct");
  },
};

/** Returns the count that a state stands for. */
export function distinctCount(state: DistinctState): bigint {
  return BigInt(isSketch(state) ? Math.round(estimate(state)) : state.length);
}

function isSketch(state: DistinctState): state is Uint8Array {
  return state instanceof Uint8Array;
}

/** "0" to "Z": none of them is escaped in JSON. */
function printable(register: number): number {
  return register + 48;
}

function union(a: DistinctState, b: DistinctState): DistinctState {
  if (isSketch(a)) return isSketch(b) ? a.map((rank, i) => Math.max(rank, b[i] as number)) : withHashes(a, b);
  if (isSketch(b)) return withHashes(b, a);
  const merged: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [x = Infinity, y = Infinity] = [a[i], b[j]];
    if (x <= y) i++;
    if (y <= x) j++;
    merged.push(Math.min(x, y));
  }
  return sketched(merged);
}

function sketched(hashes: readonly number[]): DistinctState {
  return hashes.length > EXACT_DISTINCT ? withHashes(new Uint8Array(REGISTERS), hashes) : hashes;
}

function withHashes(registers: Uint8Array, hashes: readonly number[]): Uint8Array {
  const next = registers.slice();
  for (const hash of hashes) {
    const register = registerOf(hash);
    next[register] = Math.max(rankOf(hash), next[register] as number);
  }
  return next;
}

function registerOf(hash: number): number {
  return Math.floor(hash / REST);
}

/** Returns the place, from 1, of the first 1 among the 41 bits that choose no register; 42 where there is none. */
function rankOf(hash: number): number {
  const rest = hash % REST;
  return rest >= 512 ? Math.clz32(rest / 512) + 1 : Math.clz32(rest) + 10;
}

/** Ertl, New cardinality estimation algorithms for HyperLogLog sketches (2017), algorithm 6: no table, no range without it. */
function estimate(registers: Uint8Array): number {
  const counts = new Array<number>(REST_BITS + 2).fill(0);
  for (const rank of registers) (counts[rank] as number)++;
  let z = REGISTERS * tau(1 - (counts[REST_BITS + 1] as number) / REGISTERS);
  for (let rank = REST_BITS; rank >= 1; rank--) z = 0.5 * (z + (counts[rank] as number));
  z += REGISTERS * sigma((counts[0] as number) / REGISTERS);
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1;
  let z = x;
  for (let last = Number.NaN; z !== last; y += y) {
    x *= x;
    last = z;
    z += x * y;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1;
  let z = 1 - x;
  for (let last = Number.NaN; z !== last;) {
    x = Math.sqrt(x);
    last = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}
