// A view's own query in a snapshot; apart from its check, which a Worker has no use for.
import * as z from "zod/mini";

export const selectShape = z.strictObject({
  sql: z.string().check(z.minLength(1)),
  /** null: all of the source's. */
  columns: z.nullable(z.array(z.string())),
});
