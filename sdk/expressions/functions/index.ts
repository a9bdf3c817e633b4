// Every function of the language, and the reference of all of them.
export type { CallSite, CallScope, FormEntry, FunctionEntry, Kind, Overload } from "./entry.ts";
export { exampleInputs, functionReference, type FunctionDoc } from "./reference.ts";
export { functionByName, functionNames, isForm, kindName, signatures } from "./table.ts";
