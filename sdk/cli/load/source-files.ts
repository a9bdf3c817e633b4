// The files of a source, wherever its path leads: the repo folder, a URL, an object store.
import { resolve, sep } from "node:path";
import type { ByteSource, DatasetFile, HttpHost } from "../../../offline/datasets/index.ts";
import type { S3Connection } from "../../../offline/datasets/s3.ts";
import type { S3Options } from "../../definitions/index.ts";
import { EdgefeatError } from "../../errors.ts";
import { isStream, type SourceSpec } from "../../registry/index.ts";
import { configText } from "./config.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** How a source is reached. */
export interface Reach {
  readonly repo: string;
  readonly env: Env;
  readonly signal?: AbortSignal | undefined;
  /** Hears of bytes as a network brings them. */
  readonly onBytes?: (bytes: number) => void;
}

/** A file, and a text that tells one state of it from another. */
export interface SourceFile extends DatasetFile {
  readonly stamp: string | null;
}

export interface SourceFiles {
  readonly files: readonly SourceFile[];
  /** How many are read at once. */
  readonly atOnce: number;
}

const REMOTE_AT_ONCE = 4;

/** Returns a source's files, named as its definition names them. @throws file_not_found, file_unreadable, definition_invalid, config_invalid */
export async function sourceFiles(source: SourceSpec, reach: Reach): Promise<SourceFiles> {
  const { path, s3 = {}, name } = source;
  if (isStream(source)) return { files: [], atOnce: 1 };
  if (/^https?:\/\//.test(path)) return { files: [await urlFile(path, reach)], atOnce: 1 };
  if (path.startsWith("s3://")) return { files: await objects(path, s3, name, reach), atOnce: REMOTE_AT_ONCE };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new EdgefeatError("definition_invalid", `source "${name}": "${path}" can't be read`, {
      hint: "a path is a file, a folder or a pattern, https://… or s3://…",
    });
  }
  const { localFiles } = await import("../../../offline/datasets/local-files.ts");
  const full = resolve(reach.repo, path);
  const files = await localFiles(full);
  const short = (text: string) => text.replace(`${reach.repo}${sep}`, "");
  return { files: files.map((file) => ({ ...file, path: short(file.path) })), atOnce: 1 };
}

async function urlFile(path: string, reach: Reach): Promise<SourceFile> {
  const { openHttp, urlOf } = await import("../../../offline/datasets/index.ts");
  const url = urlOf(path);
  return remoteFile(() => openHttp(url, httpHost(reach)));
}

async function objects(path: string, s3: S3Options, source: string, reach: Reach): Promise<SourceFile[]> {
  const { listObjects, openObject, s3Path } = await import("../../../offline/datasets/s3.ts");
  const { isPattern } = await import("../../../offline/datasets/glob.ts");
  const { bucket, key } = s3Path(path);
  const connection = s3Connection(s3, `source "${source}"`, reach);
  if (!key.endsWith("/") && !isPattern(key)) return [await remoteFile(() => openObject(connection, bucket, key))];
  const found = await listObjects(connection, bucket, key);
  if (found.length > 0) {
    return found.map((object) => ({
      path: `s3://${bucket}/${object.key}`,
      sizeBytes: object.sizeBytes,
      stamp: `${object.sizeBytes} ${object.etag}`,
      open: () => openObject(connection, bucket, object.key),
    }));
  }
  throw new EdgefeatError("file_not_found", `there is no object at ${path}`, {
    hint: "check the bucket and the path; ** stands for folders, * for a part of one name",
  });
}

/** Returns a file of which nothing lists the size: a first request tells, and is the first of those that read it. */
async function remoteFile(open: () => Promise<ByteSource>): Promise<SourceFile> {
  const opened = await open();
  let first: ByteSource | undefined = opened;
  return {
    path: opened.name,
    sizeBytes: opened.sizeBytes,
    stamp: opened.stamp ?? null,
    async open() {
      const one = first;
      first = undefined;
      return one ?? open();
    },
  };
}

/** Returns how an object store is reached; `what` needs it. @throws config_invalid */
export function s3Connection(s3: S3Options, what: string, reach: Reach): S3Connection {
  const { env } = reach;
  const of = (field: string) => `${what}: s3.${field}`;
  const required = (field: "accessKeyId" | "secretAccessKey", variable: string) =>
    configText(s3[field] ?? { env: variable }, of(field), env) as string;
  const optional = (field: "endpoint" | "region" | "sessionToken", ...variables: string[]) =>
    configText(s3[field] ?? variables.map((name) => env[name]).find((text) => text), of(field), env);
  return {
    endpoint: optional("endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    region: optional("region", "AWS_REGION", "AWS_DEFAULT_REGION") ?? "us-east-1",
    accessKeyId: required("accessKeyId", "AWS_ACCESS_KEY_ID"),
    secretAccessKey: required("secretAccessKey", "AWS_SECRET_ACCESS_KEY"),
    sessionToken: optional("sessionToken", "AWS_SESSION_TOKEN"),
    http: httpHost(reach),
    now: () => new Date(),
  };
}

function httpHost({ signal, onBytes }: Reach): HttpHost {
  return {
    fetch: (url, init) => fetch(url, init),
    ...(signal === undefined ? {} : { signal }),
    ...(onBytes === undefined ? {} : { onBytes }),
  };
}
