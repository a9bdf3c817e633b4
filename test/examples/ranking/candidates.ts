// What is ranked: the next flights from an airport.
import { formatTime } from "../../../sdk/time.ts";
import { now } from "./days.ts";
import type { Flight } from "./flights.ts";
import type { Question } from "./rank.ts";

/** Returns the next `count` flights from an airport after NOW. */
export function nextFlights(flights: readonly Flight[], from: string, count: number): Flight[] {
  return flights.filter(({ origin, departureUs }) => origin === from && departureUs > now).slice(0, count);
}

export function questionOf(origin: string, flights: readonly Flight[]): Question {
  return {
    origin,
    flights: flights.map(({ destination, departureUs }) => ({ destination, departure: formatTime(departureUs) })),
  };
}
