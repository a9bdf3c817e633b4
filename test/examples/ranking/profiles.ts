// The embedding of an airport: how late its flights are over a day, as a constant and three waves fitted to them.
import { cos, sin } from "../../../sdk/expressions/math/index.ts";
import { US_PER_DAY } from "../../../sdk/time.ts";
import { type Flight, LATE_MINUTES } from "./flights.ts";

const HOURS = [24, 12, 8];
const SIZE = 1 + 2 * HOURS.length;
/** How many flights' worth of habit an airport must show before it is believed. */
const RIDGE = 50;

/** Returns [1, sin, cos, …] of the hour that a flight leaves: WAVES in features.ts. */
function waves({ departureUs }: Flight): number[] {
  const hour = ((departureUs % US_PER_DAY) / US_PER_DAY) * 24;
  return [1, ...HOURS.flatMap((period) => [sin, cos].map((f) => f((2 * Math.PI * hour) / period)))];
}

/**
 * Returns by airport the coefficients that best tell, by least squares, how much likelier than elsewhere its flights
 * are to be late at an hour.
 */
export function fitProfiles(flights: readonly Flight[], airportOf: (flight: Flight) => string) {
  const isLate = flights.map(({ delay }) => (delay > LATE_MINUTES ? 1 : 0) as number);
  const usual = isLate.reduce((sum, late) => sum + late, 0) / flights.length;
  const sums = new Map<string, number[][]>();
  for (const [i, flight] of flights.entries()) {
    const airport = airportOf(flight);
    const system = sums.get(airport) ?? emptySystem();
    sums.set(airport, system);
    const x = [...waves(flight), (isLate[i] as number) - usual];
    for (const [p, row] of system.entries()) {
      for (let q = 0; q <= SIZE; q++) row[q] = (row[q] as number) + (x[p] as number) * (x[q] as number);
    }
  }
  return new Map([...sums].map(([airport, system]) => [airport, Float32Array.from(solve(system))]));
}

/** Rows of the normal equations, their right-hand side last. */
function emptySystem(): number[][] {
  return Array.from({ length: SIZE }, (_, p) => Array.from({ length: SIZE + 1 }, (_, q) => (p === q ? RIDGE : 0)));
}

/** Solves a positive definite system in place: it needs no pivots. */
function solve(rows: number[][]): number[] {
  const at = (row: number, column: number) => rows[row]?.[column] as number;
  for (let p = 0; p < SIZE; p++) {
    for (let below = p + 1; below < SIZE; below++) {
      const factor = at(below, p) / at(p, p);
      rows[below] = (rows[below] as number[]).map((value, column) => value - factor * at(p, column));
    }
  }
  const solution = new Array<number>(SIZE).fill(0);
  for (let p = SIZE - 1; p >= 0; p--) {
    const known = solution.reduce((sum, value, q) => (q > p ? sum + at(p, q) * value : sum), 0);
    solution[p] = (at(p, SIZE) - known) / at(p, p);
  }
  return solution;
}
