// An S3-compatible object store: objects and listings by signed requests.
import { AwsV4Signer } from "aws4fetch";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { isHidden, patternOf } from "./glob.ts";
import { fetchRange, type HttpHost } from "./http-range.ts";
import { openHttp } from "./http-source.ts";

export interface S3Connection {
  /** Absent: AWS's own for the region. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly http: HttpHost;
  /** The time that requests are signed with. */
  readonly now: () => Date;
}

export interface S3Object {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** Returns the bucket and key of `s3://bucket/key`. @throws config_invalid. */
export function s3Path(path: string): { bucket: string; key: string } {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]*)\/(.+)$/s.exec(path);
  if (match === null) {
    throw new EdgefeatError("definition_invalid", `"${path}" is no place in an object store`, {
      hint: "write s3://bucket/key, s3://bucket/folder/ or s3://bucket/folder/**/*.parquet",
    });
  }
  return { bucket: match[1] as string, key: match[2] as string };
}

/** Returns an object's bytes. @throws as openHttp, naming `s3://bucket/key`. */
export function openObject(connection: S3Connection, bucket: string, key: string): Promise<ByteSource> {
  return openHttp(urlOf(connection, bucket, key), signing(connection), `s3://${bucket}/${key}`);
}

/**
 * Returns the objects of a folder (a key that ends with /) or a pattern, sorted by key, without empty folders and those that
 * writers leave beside the data.
 * @throws file_unreadable, file_not_found for a bucket that isn't there, cancelled
 */
export async function listObjects(connection: S3Connection, bucket: string, key: string): Promise<S3Object[]> {
  const pattern = patternOf(key);
  const base = pattern === null ? key : pattern.base === "" ? "" : `${pattern.base}/`;
  const found: S3Object[] = [];
  for (let token: string | undefined; ;) {
    const url = urlOf(connection, bucket, "");
    url.search = new URLSearchParams({
      "list-type": "2",
      prefix: base,
      "encoding-type": "url",
      ...(token === undefined ? {} : { "continuation-token": token }),
    }).toString();
    const { bytes } = await fetchRange(url, signing(connection), `s3://${bucket}/${base}`, 0, Number.POSITIVE_INFINITY);
    const page = parseListing(new TextDecoder().decode(bytes), `s3://${bucket}/${base}`);
    found.push(...page.objects);
    if (page.next === undefined) break;
    if (page.next === token) throw endless(`s3://${bucket}/${base}`);
    token = page.next;
  }
  const wanted = found.filter((object) => {
    const below = object.key.slice(base.length);
    return !below.endsWith("/") && below !== "" && !isHidden(below) && (pattern === null || pattern.matches(below));
  });
  return wanted.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Returns what a page of ListObjectsV2 lists, and the token of the next. @throws file_unreadable for anything else. */
export function parseListing(xml: string, name: string): { objects: S3Object[]; next: string | undefined } {
  if (!/<ListBucketResult[\s>]/.test(xml)) {
    throw new EdgefeatError("file_unreadable", `${name} can't be listed: the answer is no listing`, {
      hint: "check the endpoint: it must be that of the object store's S3 interface",
    });
  }
  const encoded = member(xml, "EncodingType") === "url";
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, content = ""]) => {
    const key = member(content, "Key") ?? "";
    return {
      key: encoded ? decodeURIComponent(key.replaceAll("+", "%20")) : key,
      sizeBytes: Number(member(content, "Size") ?? 0),
      etag: member(content, "ETag") ?? "",
    };
  });
  const more = member(xml.replaceAll(/<Contents>.*?<\/Contents>/gs, ""), "IsTruncated") === "true";
  const next = more ? member(xml, "NextContinuationToken") : undefined;
  if (more && !next) throw endless(name);
  return { objects, next };
}

/** Objects that are not listed would be rows that are lost. */
function endless(name: string): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${name} can't be listed: the answer does not say how its list goes on`, {
    hint: "check the endpoint: the object store must know ListObjectsV2, the listing with continuation tokens",
  });
}

function member(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|amp|quot|apos));/gi, (_, hex, decimal, named) =>
    named === undefined
      ? String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
      : ENTITIES[named as keyof typeof ENTITIES],
  );
}

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function urlOf({ endpoint, region }: S3Connection, bucket: string, key: string): URL {
  const path = key.split("/").map(escaped).join("/");
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/$/, "")}/${bucket}/${path}`);
  // A bucket with a dot in its name has no certificate as a host.
  return bucket.includes(".")
    ? new URL(`https://s3.${region}.amazonaws.com/${bucket}/${path}`)
    : new URL(`https://${bucket}.s3.${region}.amazonaws.com/${path}`);
}

/** Percent-escapes as the signature does, which leaves fewer characters alone than encodeURIComponent. */
function escaped(part: string): string {
  return encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function signing(connection: S3Connection): HttpHost {
  return { ...connection.http, sign: (method, url, headers) => signed(connection, method, url, headers) };
}

async function signed(connection: S3Connection, method: string, url: string, headers: Headers): Promise<Headers> {
  const { accessKeyId, secretAccessKey, sessionToken, region, now } = connection;
  const datetime = now()
    .toISOString()
    .replaceAll(/[:-]|\.\d{3}/g, "");
  const signer = new AwsV4Signer({
    method,
    url,
    headers,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    region,
    service: "s3",
    datetime,
  });
  return (await signer.sign()).headers;
}

/** Sends a request that changes an object, once; the answer may be any. */
export async function changeObject(
  connection: S3Connection,
  method: "PUT" | "DELETE",
  { bucket, key }: { bucket: string; key: string },
  { headers = {}, body = null }: { headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer> | null } = {},
): Promise<Response> {
  const { http } = connection;
  const { href } = urlOf(connection, bucket, key);
  const init = { method, headers: await signed(connection, method, href, new Headers(headers)), body };
  return http.fetch(href, http.signal === undefined ? init : { ...init, signal: http.signal });
}
