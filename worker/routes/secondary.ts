// POST /v1/secondary/fill: copies what the primary store holds to a secondary that was added later, page by page.
import * as z from "zod/mini";
import { EdgefeatError } from "../../sdk/errors.ts";
import { readShape } from "../middleware/body.ts";
import { answerJson, type Route } from "./route.ts";

export const fillBody = z.strictObject({ cursor: z.nullable(z.string()) });

export const postFill: Route = {
  method: "POST",
  path: "/v1/secondary/fill",
  access: "admin",
  async handle({ request, act }, { config, store }) {
    const { cursor } = await readShape(fillBody, request, config.maxBodyBytes);
    if (store.fill === undefined) {
      throw new EdgefeatError("not_found", "this server has no secondary store to fill", {
        hint: "set EDGEFEAT_SECONDARY_STORE",
      });
    }
    const page = await store.fill(cursor);
    act.counts = { copied: page.copied };
    return answerJson(page);
  },
};
