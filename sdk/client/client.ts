// The client: feature vectors in one call, typed by the definitions where they are at hand.
import type { FeatureService, FeatureView, ServiceValues } from "../definitions/index.ts";
import { decodeAnswer, type FeaturesAnswer } from "./answer.ts";
import type { ArrowAnswer } from "./arrow.ts";
import { type Call, readJson } from "./attempt.ts";
import { Batcher, type BatchOptions } from "./batch.ts";
import { platformTiming } from "./clock.ts";
import type { Limits } from "./limits.ts";
import { type FeatureMatrix, MATRIX_TYPE, readMatrix } from "./matrix.ts";
import { type PushAnswer, type PushEvent, pushEvents, type PushOptions } from "./push.ts";
import {
  type Asked,
  type EncodedColumns,
  encodeQuery,
  type EncodedQuery,
  type FeaturesQuery,
  queryBody,
} from "./query.ts";
import { requestTypes, type ServiceColumn, serviceColumns } from "./service-columns.ts";
import { type ClientOptions, createSender } from "./transport.ts";

/** A row whose types nobody told the client: see decodeAnswer. */
export type UntypedRow = Record<string, unknown>;

export interface ReadOptions extends ClientOptions {
  /**
   * Sends concurrent reads of one row each as one request where they ask for the same features of different entities;
   * default: those of one turn of the event loop.
   */
  batch?: boolean | BatchOptions;
  /** What `getFeaturesArrow` decodes with: `() => import("edgefeat/client/arrow")`. */
  arrow?: () => Promise<ArrowDecoder>;
}

/** The module `edgefeat/client/arrow`. */
export interface ArrowDecoder {
  decodeArrow(bytes: ArrayBuffer, columns?: readonly ServiceColumn[]): ArrowAnswer<UntypedRow>;
}

type Untyped = { service: string } | { features: readonly string[] };
/** Values alone, without what JSON can say about each. */
type ValuesQuery = Omit<FeaturesQuery, "include">;

export interface Client {
  /**
   * Returns the features of each entity. A service's definition as `service` types the rows by its fields: int64 and
   * timestamps (µs) are bigint, bytes Uint8Array, vectors Float32Array; an aggregate of a column that the source's
   * `schema` doesn't type is a number, or a bigint beyond 2^53 (a timestamp stays text).
   * @throws the server's error by its code; server_unreachable; server_failed; cancelled; duplicate_feature
   * @example const { rows } = await client.getFeatures({ service: delayModel, entities: { origin: ["SEA", "JFK"] } });
   */
  getFeatures<S extends FeatureService<any>>(
    query: { service: S } & FeaturesQuery,
  ): Promise<FeaturesAnswer<ServiceValues<S>>>;
  getFeatures(query: Untyped & FeaturesQuery): Promise<FeaturesAnswer<UntypedRow>>;
  /**
   * Returns the features as a matrix of 32-bit floats; of numbers, booleans and vectors alone.
   * @throws as getFeatures
   * @example const { values, rows, columns } = await client.getFeatureMatrix({ service: delayModel, entities });
   */
  getFeatureMatrix(query: Asked & ValuesQuery): Promise<FeatureMatrix>;
  /**
   * Pushes events to a view, in requests of 1,000, one after another; needs a token that may write. An event counts once by
   * its id: after a failure, push all again. What the server refuses is told by its place, and stops nothing.
   * @throws the server's error by its code; server_unreachable; server_failed; cancelled
   * @example await client.push("airport_delays", [{ id: "f1", time: new Date(), values: { origin: "SEA", delay: 12n } }]);
   */
  push(
    view: string | FeatureView<any>,
    events: Iterable<PushEvent> | AsyncIterable<PushEvent>,
    options?: PushOptions,
  ): Promise<PushAnswer>;
}

/** A client that was given the Arrow decoder. */
export interface ArrowClient extends Client {
  /**
   * Returns the features in columns: smaller and faster to decode than rows where there are many.
   * @throws as getFeatures
   * @example const answer = await client.getFeaturesArrow({ service: delayModel, entities }); answer.column("delay");
   */
  getFeaturesArrow<S extends FeatureService<any>>(
    query: { service: S } & ValuesQuery,
  ): Promise<ArrowAnswer<ServiceValues<S>>>;
  getFeaturesArrow(query: Untyped & ValuesQuery): Promise<ArrowAnswer<UntypedRow>>;
}

/** Returns a client of an Edgefeat server. @throws config_invalid for a URL that is none */
export function createClient(options: ReadOptions & { arrow: () => Promise<ArrowDecoder> }): ArrowClient;
export function createClient(options: ReadOptions): Client;
export function createClient(options: ReadOptions): Client | ArrowClient {
  const { batch = true, timing = platformTiming, arrow } = options;
  const sender = createSender(options);
  const knownServices = new WeakMap<FeatureService, KnownService>();
  const sendJson = async (
    query: EncodedQuery,
    columns: EncodedColumns,
    known: KnownService | undefined,
    limits: Limits,
  ) => {
    const json = await sender.send(callOf(query, columns), readJson, limits);
    return decodeAnswer(json, known?.columns);
  };
  const batcher = batch === false ? null : new Batcher(sendJson, timing, batch === true ? {} : batch);

  function knownService(query: Asked): KnownService | undefined {
    const service = "service" in query ? query.service : undefined;
    if (typeof service !== "object") return undefined;
    let known = knownServices.get(service);
    if (known === undefined) {
      known = { columns: serviceColumns(service), requestTypes: requestTypes(service) };
      knownServices.set(service, known);
    }
    return known;
  }

  /** Runs a read within the limits of its query. */
  async function read<T>(
    query: Asked & FeaturesQuery,
    work: (encoded: EncodedQuery, known: KnownService | undefined, limits: Limits) => Promise<T>,
  ): Promise<T> {
    const known = knownService(query);
    const encoded = encodeQuery(query, known?.requestTypes);
    const deadline = sender.deadline(query.timeoutMs, query.signal);
    try {
      if (deadline.signal.aborted) throw deadline.error();
      return await work(encoded, known, deadline);
    } finally {
      deadline.close();
    }
  }

  const client: Client = {
    getFeatures: (query: Asked & FeaturesQuery): Promise<FeaturesAnswer<any>> =>
      read(query, (encoded, known, limits) =>
        batcher !== null && encoded.single
          ? batcher.read(encoded, known, limits)
          : sendJson(encoded, encoded, known, limits),
      ),
    getFeatureMatrix: (query) =>
      read(query, (encoded, known, limits) => {
        const readWhole = (response: Response) => readMatrix(response, known?.columns);
        return sender.send(callOf(encoded, encoded, MATRIX_TYPE), readWhole, limits);
      }),
    push: (view, events, pushing) => pushEvents(sender, view, events, pushing),
  };
  if (arrow === undefined) return client;
  return {
    ...client,
    getFeaturesArrow: (query: Asked & ValuesQuery): Promise<ArrowAnswer<any>> =>
      read(query, async (encoded, known, limits) => {
        const [{ decodeArrow }, bytes] = await Promise.all([
          arrow(),
          sender.send(callOf(encoded, encoded, ARROW_TYPE), (response) => response.arrayBuffer(), limits),
        ]);
        return decodeArrow(bytes, known?.columns);
      }),
  };
}

/** What a service's definition tells, found once a client. */
interface KnownService {
  readonly columns: readonly ServiceColumn[];
  readonly requestTypes: ReturnType<typeof requestTypes>;
}

const ARROW_TYPE = "application/vnd.apache.arrow.stream";

function callOf(query: EncodedQuery, columns: EncodedColumns, accept = "application/json"): Call {
  return {
    method: "POST",
    path: "/v1/features",
    body: queryBody(query, columns),
    headers: { accept, ...(query.noCache ? { "cache-control": "no-cache" } : {}) },
    idempotent: true,
  };
}
