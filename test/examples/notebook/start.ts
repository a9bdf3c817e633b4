// `npm run notebook`: the Worker with its features materialized, and the notebook that joins the same ones in a browser tab.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildSite } from "./build.ts";
import { edgefeat, NOW, repo, serve, START } from "./commands.ts";
import { serveSite } from "./site.ts";

const PORT = 8788;
const say = (line = ""): void => void process.stdout.write(`${line}\n`);

say("starting the Worker …");
const server = await serve(0, `${repo}.edgefeat/data`);
const stop = async (): Promise<void> => {
  await server.stop();
  process.exit(0);
};
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());
try {
  await edgefeat(["apply"]);
  const probe = await fetch(`${server.url}/v1/features?features=airport_delays:avg_delay_1h&origin=SEA`);
  if (!probe.ok) {
    say("first start: materializing three million flights, about 20 seconds …");
    await edgefeat(["materialize", START, NOW]);
  }
  say("building the notebook …");
  const folder = fileURLToPath(new URL(".edgefeat/site", import.meta.url));
  await buildSite(folder);
  const { token } = JSON.parse(await readFile(`${repo}.edgefeat/serve.json`, "utf8")) as { token: string };
  const site = await serveSite({ folder, worker: { url: server.url, token }, port: PORT });
  say(`
The notebook is at ${site.url} and the join in plain HTML at ${site.url}plain.html
The Worker that it asks is at ${server.url}, its clock at ${NOW}. Ctrl-C stops both.`);
} catch (error) {
  await server.stop();
  throw error;
}
