// POST and GET /v1/materializations: what was materialized, up to when; completing one makes its version answer.
import { judged, visibleSnapshot } from "../auth/index.ts";
import { readShape } from "../middleware/body.ts";
import { completeMaterialization, materializationBody, readMaterializations } from "../write/materialization.ts";
import { answerJson, type Route } from "./route.ts";

export const postMaterialization: Route = {
  method: "POST",
  path: "/v1/materializations/:view",
  access: "write",
  scope: "view",
  async handle({ request, param, act }, { config, clock, registry, store }) {
    const body = await readShape(materializationBody, request, config.maxBodyBytes);
    const view = param("view");
    const moment = { nowUs: clock.nowUs() };
    const completed = await completeMaterialization({ registry, store, config }, view, body, moment);
    act.version = completed.version;
    act.counts = { rows: body.rows };
    const active = completed.registry.snapshot.views[view]?.active ?? null;
    const { version, registry: known, record } = completed;
    return answerJson({ view, version, active, registry: known.hash, record });
  },
};

export const getMaterializations: Route = {
  method: "GET",
  path: "/v1/materializations",
  access: "read",
  scope: "handler",
  async handle({ caller }, { config, registry, store }) {
    const { hash, snapshot } = await registry.load();
    const visible = visibleSnapshot(judged(caller), snapshot);
    const materializations = await readMaterializations({ store, config }, visible);
    return answerJson({ registry: hash, materializations });
  },
};
