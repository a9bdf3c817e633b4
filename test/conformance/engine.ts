// The engines' suite under the test runner, one test a case.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../offline/engine/index.ts";
import type { EngineHost } from "./engine/case.ts";
import { engineCases } from "./engine/cases.ts";

const MINUTE = 60_000;

/** Describes the suite of an engine; `open` makes a new one. */
export function engineConformance(name: string, { open, builtIns }: Omit<EngineHost, "engine">): void {
  describe(`${name} as an engine`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    }, MINUTE);
    afterAll(() => engine.close());

    it.each(engineCases.map((each) => [each.name, each.run] as const))(
      "%s",
      (_, run) => expect(run({ engine, open, builtIns })).resolves.toBeUndefined(),
      MINUTE,
    );
  });
}
