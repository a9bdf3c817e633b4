// `node test/examples/ranking/train.ts`: makes the sources, joins the training set, fits model.json, judges it on later days.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { auc } from "./auc.ts";
import { boost } from "./boosting.ts";
import { edgefeat, repo } from "./commands.ts";
import { first, fitted, last, learned, now } from "./days.ts";
import { type Flight, readFlights } from "./flights.ts";
import { inputsOf, type Model, logOdds } from "./model.ts";
import { FOLDER, SPINE, writeSources, writeSpine } from "./sources.ts";
import { readTrainingSet, type TrainingSet } from "./training-set.ts";

export const TRAINING = `${FOLDER}/training.parquet`;

export interface Trained {
  readonly model: Model;
  readonly flights: readonly Flight[];
  readonly training: TrainingSet;
  /** Areas under the ROC curve, on days after those that the model learned from. */
  readonly auc: { readonly model: number; readonly routeAlone: number };
}

/** Returns the model that the data makes: the same on every run. */
export async function train(): Promise<Trained> {
  const flights = await readFlights(first, last);
  await writeSources(flights);
  await writeSpine(flights, fitted, now);
  await edgefeat(["historical", "--entities", SPINE, "--service", "lateness", "--out", TRAINING]);
  const training = await readTrainingSet(TRAINING);
  const { features, rows } = training;
  const inputs = features.flatMap(({ name, type }) =>
    type.kind === "vector"
      ? Array.from({ length: type.dimension }, (_, element) => ({ feature: name, element }))
      : [{ feature: name }],
  );
  const learning = rows.filter(({ departureUs }) => departureUs < learned);
  const model = {
    inputs,
    ...boost({
      inputs: learning.map(({ values }) => inputsOf({ inputs }, values)),
      isLate: learning.map(({ isLate }) => isLate),
    }),
  };
  const judging = rows.filter(({ departureUs }) => departureUs >= learned);
  const judge = (score: (values: TrainingSet["rows"][number]["values"]) => number) =>
    auc(
      judging.map(({ values }) => score(values)),
      judging.map(({ isLate }) => isLate),
    );
  return {
    model,
    flights,
    training,
    auc: {
      model: judge((values) => logOdds(model, values)),
      routeAlone: judge((values) => values["route_late_rate"] as number),
    },
  };
}

export function writeModel(model: Model): void {
  writeFileSync(`${repo}model.json`, modelText(model));
}

/** Returns what model.json says of a model. */
export function modelText(model: Model): string {
  return `${JSON.stringify(model, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { model, training, auc } = await train();
  writeModel(model);
  console.log(
    `${training.rows.length} flights, ${model.inputs.length} inputs, ${model.trees.length} trees → model.json`,
  );
  console.log(
    `AUC on later days: ${auc.model.toFixed(3)}; of the route's late rate alone: ${auc.routeAlone.toFixed(3)}`,
  );
}
