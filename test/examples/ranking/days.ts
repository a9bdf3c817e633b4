// The days of the example: the flights of three weeks, and what is done with them.
import { parseTime, type Us } from "../../../sdk/time.ts";

/** The first flights; the airports' habits are fitted on those that landed before `fitted`. */
export const first: Us = parseTime("2001-05-14T00:00:00Z");
export const fitted: Us = parseTime("2001-05-24T00:00:00Z");
/** The model learns from flights that leave before this, and is judged by those after it. */
export const learned: Us = parseTime("2001-06-01T00:00:00Z");
/** The moment that the example ranks at. */
export const NOW = "2001-06-04T06:00:00Z";
export const now: Us = parseTime(NOW);
/** The last flights: those of the day that is ranked. */
export const last: Us = parseTime("2001-06-05T00:00:00Z");
