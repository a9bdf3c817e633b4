// Upstash's REST protocol over any Redis server, for tests and for those who host Redis themselves.
export { startGateway } from "./gateway.ts";
export type { Gateway, GatewayOptions } from "./gateway.ts";
