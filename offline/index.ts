// `edgefeat/offline` in Node: what any host has (browser.ts), and what needs files and processes.
export * from "./browser.ts";
export { datasets, readTableFile, writeTableFile } from "./datasets/files.ts";
export { type EngineOptions, openEngine } from "./engine/open.ts";
