// What may be said of anything that is defined; none of it changes a value.
import * as z from "zod/mini";

export const aboutShape = {
  description: z.optional(z.string()),
  tags: z.optional(z.record(z.string(), z.string())),
};
