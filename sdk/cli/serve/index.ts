// A local server, as `edgefeat serve`, the demo, tests and benchmarks start it.
export { startServer, type RunningServer, type ServeOptions } from "./start-server.ts";
