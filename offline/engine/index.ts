// The SQL engine of the offline side: its port, and the engines there are.
export { exclusively } from "./exclusive.ts";
export type { Engine, Parameter, QueryOptions } from "./port.ts";
export { openWasmEngine, type WasmHost } from "./wasm.ts";
export { openNodeWasmEngine as openEngine } from "./wasm-node.ts";
