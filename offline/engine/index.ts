// The SQL engine of the offline side: its port, and the engine of any host; Node's own are in open.ts.
export { exclusively } from "./exclusive.ts";
export { identifier } from "./identifier.ts";
export type { Engine, Parameter, QueryOptions } from "./port.ts";
export { openWasmEngine, type WasmHost, type WasmSettings } from "./wasm.ts";
export { type BrowserEngineOptions, openBrowserEngine } from "./wasm-browser.ts";
