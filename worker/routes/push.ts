// POST /v1/push/:view: events as they happen, into the online rows and the log.
import { pushEvents, pushServices, readPush } from "../push/index.ts";
import { answerJson, type Route } from "./route.ts";

export const postEvents: Route = {
  method: "POST",
  path: "/v1/push/:view",
  access: "write",
  scope: "view",
  async handle({ request, param, act }, services) {
    const { failing, version: only, ...given } = await readPush(request, services.config.maxBodyBytes);
    const { rejected, logged, version, missed, ...counts } = await pushEvents(
      { view: param("view"), only, ...given },
      pushServices(services),
    );
    act.version = version;
    act.counts = { ...counts, rejected: rejected.length };
    const status = failing && rejected.length > 0 ? 422 : 200;
    return answerJson({ ...counts, rejected, logged, version, missed }, status);
  },
};
