// The files that the definitions read, and the entity rows of the training set, made from the flights.
import { vectorFromValues, tableOf } from "../../../offline/datasets/index.ts";
import { writeTableFile } from "../../../offline/datasets/files.ts";
import { US_PER_MINUTE, type Us } from "../../../sdk/time.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { repo } from "./commands.ts";
import { fitted } from "./days.ts";
import { type Flight, LATE_MINUTES } from "./flights.ts";
import { fitProfiles } from "./profiles.ts";

export const FOLDER = `${repo}.edgefeat`;
export const SPINE = `${FOLDER}/spine.parquet`;

const TEXT: ValueType = { kind: "string" };
const TIME: ValueType = { kind: "timestamp" };

/** One flight in so many is an example to learn from. */
const EVERY = 10;
/** A trip is planned this long before it begins, at the latest and at the earliest. */
const AHEAD_MINUTES = [30, 720] as const;

function column<T>(name: string, type: ValueType, of: readonly T[], value: (row: T) => Value) {
  return [name, vectorFromValues(type, of.map(value))] as const;
}

const places = (flights: readonly Flight[]) =>
  [
    column("origin", TEXT, flights, ({ origin }) => origin),
    column("destination", TEXT, flights, ({ destination }) => destination),
  ] as const;

/** Writes what features.ts reads: the landings, and the embeddings fitted on those before `fitted`. */
export async function writeSources(flights: readonly Flight[]): Promise<void> {
  await writeTableFile(
    `${FOLDER}/landings.parquet`,
    tableOf([
      column("landed", TIME, flights, ({ landedUs }) => BigInt(landedUs)),
      ...places(flights),
      column("delay", { kind: "int64" }, flights, ({ delay }) => BigInt(delay)),
    ]),
  );
  const known = flights.filter(({ landedUs }) => landedUs < fitted);
  const leaving = fitProfiles(known, ({ origin }) => origin);
  const bound = fitProfiles(known, ({ destination }) => destination);
  const airports = [...leaving.keys()].filter((airport) => bound.has(airport)).toSorted();
  const vector: ValueType = { kind: "vector", dimension: 7 };
  await writeTableFile(
    `${FOLDER}/profiles.parquet`,
    tableOf([
      column("iata", TEXT, airports, (airport) => airport),
      column("fitted", TIME, airports, () => BigInt(fitted)),
      column("leaving", vector, airports, (airport) => leaving.get(airport) as Float32Array),
      column("bound", vector, airports, (airport) => bound.get(airport) as Float32Array),
    ]),
  );
}

/**
 * Writes the entity rows to learn from: flights between two moments, each asked about some time before it leaves, spread
 * evenly over what is usual.
 */
export async function writeSpine(flights: readonly Flight[], from: Us, to: Us): Promise<void> {
  const [least, most] = AHEAD_MINUTES;
  const asked = flights
    .map((flight, i) => ({
      ...flight,
      askedUs: flight.departureUs - (least + ((i * 37) % (most - least))) * US_PER_MINUTE,
    }))
    .filter(({ askedUs, departureUs }, i) => i % EVERY === 0 && askedUs >= from && departureUs < to);
  await writeAsked(SPINE, asked);
}

/** Writes entity rows: flights, when each is asked about, and whether it was late. */
export async function writeAsked(file: string, asked: readonly (Flight & { readonly askedUs: Us })[]): Promise<void> {
  await writeTableFile(
    file,
    tableOf([
      ...places(asked),
      column("event_timestamp", TIME, asked, ({ askedUs }) => BigInt(askedUs)),
      column("departure", TIME, asked, ({ departureUs }) => BigInt(departureUs)),
      column("label_late", { kind: "bool" }, asked, ({ delay }) => delay > LATE_MINUTES),
    ]),
  );
}
