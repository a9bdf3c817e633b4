// The times that who pushes and who reads the log hold each other to.
import { type Ms, US_PER_SECOND, type Us } from "../time.ts";

/** The log has an event so soon after its stamp, or the event is stamped anew. */
export const APPEND_WITHIN_MS: Ms = 5_000;

/** How long after its stamp an event may come into the log: push's five seconds, and clocks that differ. */
export const SEAL_DELAY_US: Us = 10 * US_PER_SECOND;
