// `npm start`: serves the example for a newcomer to try with curl; the first time it materializes it too.
import { edgefeat, NOW, repo, serve, START } from "./commands.ts";

const PORT = 8787;
const say = (line = ""): void => void process.stdout.write(`${line}\n`);

const server = await serve(PORT, `${repo}.edgefeat/data`);
const stop = async (): Promise<void> => {
  await server.stop();
  process.exit(0);
};
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());

try {
  await edgefeat(["apply"]);
  const probe = await fetch(`${server.url}/v1/features?service=airport_model&origin=SEA&iata=SEA`);
  if (!probe.ok) {
    say("first start: materializing three million flights, about 20 seconds …");
    await edgefeat(["materialize", START, NOW]);
  }
} catch (error) {
  await server.stop();
  throw error;
}

say(`
Serving the flights example at ${server.url}, its clock at ${NOW}. Ctrl-C stops it. Try:

  curl '${server.url}/v1/features?service=airport_model&origin=SEA&iata=SEA&include=statuses'

  curl -H 'content-type: application/json' ${server.url}/v1/features -d '{
    "service": "delay_model",
    "entities": { "origin": ["SEA", "JFK"], "destination": ["SFO", "LAX"] },
    "request": { "departure": "2001-07-01T05:30:00Z", "scheduled_minutes": 95.5 },
    "include": ["statuses"] }'

  curl -H 'content-type: application/json' ${server.url}/get-online-features -d '{
    "features": ["last_flight:delay"],
    "entities": { "origin": ["SEA"], "destination": ["SFO"] } }'

  npm run -s edgefeat -- online --repo test/examples/flights --service airport_model --entity origin=SEA --entity iata=SEA`);
