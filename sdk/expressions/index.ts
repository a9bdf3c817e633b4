// The expression language of on-demand features and `where` filters (SEMANTICS 5).
export { compileExpression, type CompiledExpression, type CompileOptions } from "./compile.ts";
export { type EvaluationContext, evaluationContext, FAULT, type Fault, type Row } from "./context.ts";
export { functionReference, type FunctionDoc } from "./functions/index.ts";
export { MAX_LENGTH } from "./parse.ts";
