// Runs the gateway from a shell: GATEWAY_TOKEN=… node main.ts [--redis redis://127.0.0.1:6379] [--host 127.0.0.1] [--port 8079]
import { parseArgs } from "node:util";
import { startGateway } from "./index.ts";

const { values } = parseArgs({
  options: {
    redis: { type: "string", default: "redis://127.0.0.1:6379" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "8079" },
  },
});
const token = process.env["GATEWAY_TOKEN"];
if (token === undefined || token === "") {
  process.stderr.write("Set GATEWAY_TOKEN to the token that clients must send.\n");
  process.exit(2);
}
const gateway = await startGateway({ redisUrl: values.redis, token, host: values.host, port: Number(values.port) });
process.stdout.write(`${gateway.url}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void gateway.close());
