// `npm run demo`: the main job end to end, on three million real flights, with the commands a user would type.
import { rmSync, mkdirSync } from "node:fs";
import { relative } from "node:path";
import { writeTableFile } from "../../../offline/datasets/files.ts";
import { edgefeat, NOW, repo, serve, START } from "./commands.ts";
import { airportModel, delayModel } from "./features.ts";
import { compare, type Compared } from "./parity.ts";
import { everyAirport, everyRoute, readFlights, trainingSpine } from "./spine.ts";

const TRAINING_ROWS = 100_000;
const folder = `${repo}.edgefeat/demo`;
const started = performance.now();

const say = (line = ""): void => void process.stdout.write(`${line}\n`);
const number = (n: number): string => n.toLocaleString("en-US");
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const shown = (path: string): string => relative(process.cwd(), path);

async function step<T>(what: string, work: () => Promise<T>, told: (result: T) => string): Promise<T> {
  const since = performance.now();
  const result = await work();
  say(`${what}\n    ${told(result)}  (${seconds(since)})`);
  return result;
}

interface Training {
  rows: number;
  columns: string[];
  views: { view: string; candidates: number; ambiguousTies: number }[];
}
interface Materialized {
  views: { view: string; keys: number; written: number }[];
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
say("Edgefeat, end to end: features of US flights, January to June 2001.\n");

const flights = await step(
  "1. Read the flights",
  readFlights,
  (t) => `${number(t.numRows)} real flights, from vega-datasets`,
);

const [entities, training] = [`${folder}/entities.parquet`, `${folder}/training.parquet`];
await writeTableFile(entities, trainingSpine(flights, TRAINING_ROWS));
const historical = [
  "historical",
  "--entities",
  shown(entities),
  "--service",
  "delay_model",
  "--embargo",
  "1h",
  "--out",
  shown(training),
];
await step(
  `2. Train: what was known an hour before each of ${number(TRAINING_ROWS)} departures\n    $ edgefeat ${historical.join(" ")}`,
  () => edgefeat<Training>(historical),
  ({ rows, columns, views }) =>
    `${number(rows)} rows × ${columns.length} columns from ${views.length} views, nothing from their future`,
);

const server = await serve(0, `${folder}/data`);
say(`3. Serve: the Worker in workerd, its clock at ${NOW}\n    $ edgefeat serve --now ${NOW}`);
let compared: Compared[];
try {
  await step(
    "4. Apply the definitions\n    $ edgefeat apply",
    () => edgefeat(["apply"]),
    () => "registered",
  );
  const materialize = ["materialize", START, NOW];
  await step(
    `5. Materialize everything as of the last day\n    $ edgefeat ${materialize.join(" ")}`,
    () => edgefeat<Materialized>(materialize),
    ({ views }) => views.map(({ view, keys }) => `${view} ${number(keys)} keys`).join(", "),
  );
  await oneVector(server.url);
  compared = await step(
    "7. Compare online with offline, for every airport and every route, every feature, to the bit",
    () => compareAll(server.url),
    (rows) => `${number(rows.length)} features`,
  );
} finally {
  await server.stop();
}

const width = Math.max(...compared.map(({ feature }) => feature.length));
for (const { of, features } of [
  { of: "every route", features: compared.filter((c) => c.service === delayModel.name) },
  { of: "every airport", features: compared.filter((c) => c.service === airportModel.name) },
]) {
  say(`\n    ${of.padEnd(width)}      equal      of   nulls`);
  for (const { feature, equal, total, nulls, example } of features) {
    const counts = [equal, total, nulls].map((n, c) => number(n).padStart([11, 8, 8][c] as number)).join("");
    say(`    ${feature.padEnd(width)}${counts}${example === undefined ? "" : `   ${example}`}`);
  }
}
say();
say(`Done in ${seconds(started)}. The training set is ${shown(training)}.`);
say("Next: npm start serves this for you to try with curl; the definitions are test/examples/flights/features.ts.");
const equal = compared.reduce((sum, c) => sum + c.equal, 0);
const total = compared.reduce((sum, c) => sum + c.total, 0);
say(`parity: ${equal}/${total} values equal`);
process.exitCode = equal === total ? 0 : 1;

async function oneVector(url: string): Promise<void> {
  const body = {
    service: "delay_model",
    entities: { origin: ["SEA"], destination: ["SFO"] },
    request: { departure: "2001-07-01T05:30:00Z", scheduled_minutes: 95.5 },
    include: ["statuses"],
  };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const since = performance.now();
  const answer = (await (await fetch(`${url}/v1/features`, init)).json()) as {
    features: string[];
    rows: unknown[][];
    statuses: string[][];
  };
  say(
    `6. Fetch a vector: Seattle to San Francisco, 05:30, 95.5 minutes\n    $ curl -d '{"service":"delay_model", …}' ${url}/v1/features  (${Math.round(performance.now() - since)} ms, cold)`,
  );
  for (const [i, feature] of answer.features.entries()) {
    say(
      `      ${feature.padEnd(38)}${String(answer.rows[0]?.[i])}  ${answer.statuses[0]?.[i] === "PRESENT" ? "" : answer.statuses[0]?.[i]}`.trimEnd(),
    );
  }
}

async function compareAll(url: string): Promise<Compared[]> {
  const routes = everyRoute(flights);
  const byRoute = { origin: routes.map(([from]) => from), destination: routes.map(([, to]) => to) };
  const airports = await everyAirport();
  return [
    ...(await compare(url, folder, delayModel, byRoute, true)),
    ...(await compare(url, folder, airportModel, { origin: airports, iata: airports }, false)),
  ];
}
