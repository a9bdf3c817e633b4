// A duration where definitions, configs and snapshots hold one as text.
import * as z from "zod/mini";
import { parseDuration } from "../time.ts";

/** A duration, such as "60s". */
export const durationShape = z.string().check(
  z.refine((text) => {
    try {
      return parseDuration(text) >= 0;
    } catch {
      return false;
    }
  }, 'expected a duration such as "60s"'),
);
