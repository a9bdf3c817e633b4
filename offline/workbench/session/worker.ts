// The entry of the worker that holds the data: it reads, plans, joins and counts, so that the page never stands still.
import { EdgefeatError } from "../../../sdk/errors.ts";
import { checkConsistency, checkSnapshot } from "../../../sdk/registry/index.ts";
import { parseJson } from "../../../sdk/types/index.ts";
import { warm } from "./host.ts";
import { audit, auditResult } from "./audits.ts";
import { exportAs, exportSetAside } from "./export.ts";
import { inspect } from "./inspect.ts";
import { ages, page, profiles } from "./look.ts";
import { ownView } from "./own-view.ts";
import { planFacts } from "./plan-facts.ts";
import type { SessionCalls } from "./protocol.ts";
import { answer, type CallContext } from "./remote.ts";
import { join } from "./training.ts";

type Answers = {
  [K in keyof SessionCalls]: (
    argument: Parameters<SessionCalls[K]>[0] & {},
    context: CallContext,
  ) => ReturnType<SessionCalls[K]> | Promise<ReturnType<SessionCalls[K]>>;
};

/** Returns the snapshot of what GET /v1/registry answers. @throws registry_invalid */
function checkRegistry(text: string): ReturnType<SessionCalls["checkRegistry"]> {
  const { registry, snapshot } = (parseJson(text) ?? {}) as { registry?: unknown; snapshot?: unknown };
  if (typeof registry !== "string") {
    throw new EdgefeatError("registry_invalid", "this holds no registry", { hint: "save it from GET /v1/registry" });
  }
  return { registry, snapshot: checkConsistency(checkSnapshot(snapshot)) };
}

const answers: Answers = {
  inspect,
  checkRegistry,
  ownView,
  plan: planFacts,
  join,
  page,
  profiles,
  ages,
  auditResult,
  audit,
  exportAs,
  exportSetAside,
  warm,
};

answer(globalThis, answers);
