// What every SQL engine must do, whatever runs it: all cases, for a test runner or a page to go through.
import type { EngineCase } from "./case.ts";
import { lifetimeCases } from "./lifetime.ts";
import { loadingCases } from "./loading.ts";
import { parameterCases } from "./parameters.ts";
import { refusalCases } from "./refusals.ts";
import { valueCases } from "./values.ts";

export const engineCases: readonly EngineCase[] = [
  ...loadingCases,
  ...valueCases,
  ...parameterCases,
  ...refusalCases,
  ...lifetimeCases,
];
