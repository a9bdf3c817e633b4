// The expression language of on-demand features and `where` filters (SEMANTICS 5).
export type { Artifacts, ArtifactSpec, ScalerSpec, VocabularySpec } from "./artifacts.ts";
export { compileExpression, type CompiledExpression, type CompileOptions } from "./compile.ts";
export { type EvaluationContext, evaluationContext, FAULT, type Fault, type Row } from "./context.ts";
export { exampleInputs, functionReference, type FunctionDoc } from "./functions/index.ts";
export { MAX_LENGTH } from "./limits.ts";
