// Every function of the language that takes its arguments as values, and the reference of all of them.
export { type FunctionEntry, type Kind, type Overload } from "./entry.ts";
export { functionByName, functionNames, functionReference, type FunctionDoc } from "./reference.ts";
