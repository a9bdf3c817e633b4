// GET /v1/rows/:view: the keys that a view has rows under, page by page or some by their ids, and what each row says of itself.
import { EdgefeatError } from "../../sdk/errors.ts";
import { keyPrefix, keySuffix } from "../../sdk/rows/index.ts";
import { formatTime } from "../../sdk/time.ts";
import { NO_BOUNDARY } from "../../sdk/windows/index.ts";
import { revisionOf } from "../write/replace.ts";
import { readable } from "../write/stored-rows.ts";
import { writableView } from "../write/row-shape.ts";
import { answerJson, type Route } from "./route.ts";

/** The most ids of one request. */
export const MAX_IDS = 500;

export const getRows: Route = {
  method: "GET",
  path: "/v1/rows/:view",
  access: "write",
  scope: "view",
  async handle({ request, param }, { registry, store }) {
    const query = new URL(request.url).searchParams;
    const { snapshot } = await registry.load();
    const { view, version, spec } = writableView(snapshot, param("view"), versionOf(query.get("version")));
    const prefix = keyPrefix(snapshot, spec.entities);
    const suffix = keySuffix(view, version);
    const ids = query.getAll("id");
    // An id that is none of ours could name another view's row.
    if (ids.length > MAX_IDS || !ids.every((id) => /^[\w.!~*'()%+-]*$/.test(id)))
      throw bad(`id: expected up to ${MAX_IDS} ids as they are listed`);
    const page =
      ids.length > 0
        ? { keys: ids.map((id) => prefix + id + suffix), cursor: null }
        : await store.scan(prefix, query.get("cursor"));
    const keys = page.keys.filter((key) => key.endsWith(suffix));
    const texts = await store.read(keys, { purpose: "newest" });
    const rows = keys.flatMap((key, i) => {
      const text = texts[i] ?? null;
      return text === null ? [] : [{ id: key.slice(prefix.length, -suffix.length), ...said(spec.kind, text) }];
    });
    return answerJson({ view, version, rows, cursor: page.cursor });
  },
};

/** The times that a packed row begins with: of tiles their newest event, written, B; of a stored row its own, written, created. */
const TIMES = /^\[(null|-?\d+),(-?\d+),(null|-?\d+)/;

function said(kind: "stored" | "aggregated", text: string) {
  const times = readable(text, (packed) => TIMES.exec(packed));
  return {
    revision: revisionOf(text),
    eventTime: time(times?.[1]),
    writtenAt: time(times?.[2]),
    ...(kind === "stored" ? {} : { boundary: time(times?.[3]) }),
  };
}

function time(us: string | undefined): string | null {
  const number = Number(us);
  return Number.isSafeInteger(number) && number !== NO_BOUNDARY ? formatTime(number) : null;
}

function versionOf(text: string | null): number | null {
  if (text === null || /^[1-9]\d{0,8}$/.test(text)) return text === null ? null : Number(text);
  throw bad("version: expected a number");
}

function bad(message: string): EdgefeatError {
  return new EdgefeatError("bad_request", message);
}
