// The event log of a repo: where pushed events are, in a folder or an object store, and the readers of sources with it.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LogEvent, LogFiles, LogReadReport, SourceLog, WithLogOptions } from "../../../offline/log/index.ts";
import type { ReadSource, ServedTimes } from "../../../offline/index.ts";
import type { EventLog } from "../../../worker/log/port.ts";
import { createEventLog } from "../../../worker/log/segments.ts";
import type { HealthAnswer } from "../../client/index.ts";
import { logFolder, SEAL_DELAY_US } from "../../log/index.ts";
import { hashOf } from "../../registry/index.ts";
import { parseTime, type Us } from "../../time.ts";
import type { LoadedConfig } from "./config.ts";
import { type Env, s3Connection } from "./source-files.ts";

/** Where the log is unless the config names a place, relative to the repo folder. */
const DEFAULT_FOLDER = "log";

/** Returns the folder of this machine that the log is in; null where it is elsewhere. */
export function logFolderOf({ config, repo }: LoadedConfig): string | null {
  const { log = DEFAULT_FOLDER } = config.offline;
  return log.startsWith("s3://") ? null : resolve(repo, log);
}

export interface RepoLog {
  /** Where it is, for people. */
  readonly place: string;
  readonly files: LogFiles;
  /** Of the project's environment, in it. */
  readonly folder: string;
  /** Returns the names of the sources that have a log. */
  sources(): Promise<string[]>;
  sourceLog(source: string): SourceLog;
  /** Returns a text that tells one state of a source's log from another. */
  stamp(source: string): Promise<string>;
  /** Returns when the online store took the rows that were materialized. */
  served(): Promise<ServedTimes>;
  /** Returns the events of a source after a time that a view was told, in the order of time. */
  told(source: string, view: string, afterUs: Us): Promise<readonly LogEvent[]>;
  /** Returns a reader of sources together with their logs. */
  reader(
    readSource: ReadSource,
    options: Omit<WithLogOptions, "logOf" | "onRead"> & { onRead?: (source: string, report: LogReadReport) => void },
  ): ReadSource;
}

export interface LogReach {
  readonly env: Env;
  readonly signal?: AbortSignal | undefined;
}

function hasLog(loaded: LoadedConfig): boolean {
  const local = logFolderOf(loaded);
  return loaded.config.offline.log !== undefined || existsSync(join(local as string, logFolder(loaded.config)));
}

/** Returns what appends to the repo's log, for the Worker's own code in this process; null where there is none. */
export function appendingLog(loaded: LoadedConfig, reach: LogReach): EventLog | null {
  if (!hasLog(loaded)) return null;
  const put = async (path: string, text: string) => {
    const log = await findLog(loaded, reach);
    await log?.files.putNew(path, new TextEncoder().encode(text));
  };
  return createEventLog(put, loaded.config, random);
}

/**
 * Returns the log that the config names, or one that is found in the repo folder; null where there is neither.
 * @throws config_invalid for an object store without credentials
 */
export async function findLog(loaded: LoadedConfig, reach: LogReach): Promise<RepoLog | null> {
  const { config, repo } = loaded;
  if (!hasLog(loaded)) return null;
  const folder = logFolder(config);
  const local = logFolderOf(loaded);
  const { folderLog, listLog, readCompletions, readTold, servedTimes, withLog } =
    await import("../../../offline/log/index.ts");
  const { datasets } = await import("../../../offline/datasets/files.ts");
  const place = config.offline.log ?? `./${DEFAULT_FOLDER}`;
  const files = local === null ? await inObjectStore(place, { repo, ...reach }) : folderLog(local);
  const sourceLog = (source: string): SourceLog => ({ files, folder: `${folder}/${source}`, source, datasets });
  return {
    place,
    files,
    folder,
    sources: async () => (await files.folders(folder)).filter((name) => /^\w+$/.test(name)).toSorted(),
    sourceLog,
    async stamp(source) {
      const { manifest, segments } = await listLog(sourceLog(source));
      return hashOf([manifest.generation, ...segments.map(({ name }) => name)]);
    },
    told: (source, view, afterUs) => readTold(sourceLog(source), view, afterUs),
    served: async () => servedTimes(await readCompletions({ files, folder })),
    reader(readSource, { onRead, ...options }) {
      return withLog(readSource, {
        ...options,
        logOf: ({ name }) => sourceLog(name),
        ...(onRead === undefined ? {} : { onRead: ({ name }, report) => onRead(name, report) }),
      });
    },
  };
}

async function inObjectStore(place: string, reach: LogReach & { repo: string }): Promise<LogFiles> {
  const { s3Path } = await import("../../../offline/datasets/s3.ts");
  const { s3Log } = await import("../../../offline/log/index.ts");
  const { bucket, key } = s3Path(`${place.replace(/\/*$/, "")}/.`);
  return s3Log(s3Connection({}, "offline.log", reach), bucket, key.slice(0, -1));
}

/** Returns the time up to which the log is whole, by what a server said just before it is read: nothing older is on its way. */
export function sealedAt({ now, frozen }: Pick<HealthAnswer, "now" | "frozen">): Us {
  // A clock that stands still gives no event an older time than what is there.
  return parseTime(now) - (frozen ? 0 : SEAL_DELAY_US);
}

export const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));
