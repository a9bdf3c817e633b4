// `node test/examples/ranking/demo.ts`: trains, serves, ranks the next 500 flights from each of four airports, and tells how it went.
import { rmSync } from "node:fs";
import { formatTime } from "../../../sdk/time.ts";
import { nextFlights, questionOf } from "./candidates.ts";
import { edgefeat, repo, serve } from "./commands.ts";
import { first, NOW } from "./days.ts";
import { type Flight, LATE_MINUTES } from "./flights.ts";
import { FOLDER } from "./sources.ts";
import { train, writeModel } from "./train.ts";

const data = `${FOLDER}/data`;
const percent = (share: number): string => `${Math.round(share * 100)} %`.padStart(5);

const { model, flights, training, auc } = await train();
writeModel(model);
console.log(
  `Trained ${model.trees.length} trees on what was known before ${training.rows.length} flights → model.json`,
);
console.log(`AUC on later days ${auc.model.toFixed(3)}; of the route's late rate alone ${auc.routeAlone.toFixed(3)}\n`);

rmSync(data, { recursive: true, force: true });
const server = await serve(["--now", NOW, "--data", data, "--worker", `${repo}rank.ts`]);
try {
  await edgefeat(["apply"]);
  await edgefeat(["materialize", formatTime(first), NOW]);
  for (const airport of ["ATL", "DFW", "LAX", "ORD"]) await rank(airport, nextFlights(flights, airport, 500));
} finally {
  await server.stop();
}

async function rank(airport: string, candidates: readonly Flight[]): Promise<void> {
  const body = JSON.stringify(questionOf(airport, candidates));
  const response = await fetch(`${server.workers[0]?.url}/rank`, { method: "POST", body });
  const ranked = (await response.json()) as { destination: string; departure: string; lateLogOdds: number }[];
  const delays = new Map(candidates.map((flight) => [nameOf(questionOf(airport, [flight]).flights[0]), flight.delay]));
  const late = ranked.map((flight) => (delays.get(nameOf(flight)) as number) > LATE_MINUTES);
  const share = (some: readonly boolean[]) => percent(some.filter(Boolean).length / some.length);
  console.log(`The next ${ranked.length} flights from ${airport}, most likely on time first:`);
  for (const { destination, departure, lateLogOdds } of [...ranked.slice(0, 2), ...ranked.slice(-2)]) {
    console.log(
      `  ${destination} at ${departure.slice(11, 16)}, late with ${percent(1 / (1 + Math.exp(-lateLogOdds)))}`,
    );
  }
  console.log(
    `  late in the end: ${share(late.slice(0, 50))} of the first 50, ${share(late.slice(-50))} of the last 50\n`,
  );
}

function nameOf(flight: { destination: string; departure: string } | undefined): string {
  return `${flight?.destination} ${flight?.departure}`;
}
