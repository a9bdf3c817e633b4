// POST and GET /v1/materializations: what was materialized, up to when; completing one makes its version answer.
import { checkShape } from "../../sdk/shape.ts";
import { judged, visibleSnapshot } from "../auth/index.ts";
import { readJson } from "../middleware/body.ts";
import { completeMaterialization, materializationBody, readMaterializations } from "../write/materialization.ts";
import { json, NAMING_ERRORS } from "./doc.ts";
import { COUNT, HASH, mapOf, object, orNull, TEXT, TIME, VERSION_NUMBER } from "../pages/json-schema.ts";
import { jsonResponse, type Route } from "./route.ts";

const RECORD = {
  ...object({ view: TEXT, version: VERSION_NUMBER, start: orNull(TIME), end: TIME, rows: COUNT, completedAt: TIME }),
  additionalProperties: COUNT,
};

export const postMaterialization: Route = {
  method: "POST",
  path: "/v1/materializations/:view",
  access: "write",
  scope: "view",
  doc: {
    summary: "Tells that a view was materialized, which makes that version answer",
    body: materializationBody,
    answers: {
      200: json(
        object({
          view: TEXT,
          version: VERSION_NUMBER,
          active: orNull(VERSION_NUMBER),
          registry: HASH,
          record: RECORD,
        }),
      ),
    },
    errors: [...NAMING_ERRORS, "bad_time", "value_out_of_range", "event_time_in_future"],
  },
  async handle({ request, param, act }, { config, clock, registry, store }) {
    const json = await readJson(request, config.maxBodyBytes);
    const body = checkShape(materializationBody, json, "request", "bad_request");
    const view = param("view");
    const moment = { nowUs: clock.nowUs() };
    const completed = await completeMaterialization({ registry, store, config }, view, body, moment);
    act.version = completed.version;
    act.counts = { rows: body.rows };
    const active = completed.registry.snapshot.views[view]?.active ?? null;
    return jsonResponse(
      JSON.stringify({
        view,
        version: completed.version,
        active,
        registry: completed.registry.hash,
        record: completed.record,
      }),
    );
  },
};

export const getMaterializations: Route = {
  method: "GET",
  path: "/v1/materializations",
  access: "read",
  scope: "handler",
  doc: {
    summary: "What was materialized, and up to when",
    answers: { 200: json(object({ registry: HASH, materializations: mapOf(RECORD) })) },
    errors: ["registry_not_found"],
  },
  async handle({ caller }, { config, registry, store }) {
    const { hash, snapshot } = await registry.load();
    const visible = visibleSnapshot(judged(caller), snapshot);
    const materializations = await readMaterializations({ store, config }, visible);
    return jsonResponse(JSON.stringify({ registry: hash, materializations }));
  },
};
