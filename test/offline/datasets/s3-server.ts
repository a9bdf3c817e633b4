// An S3-compatible object store on this machine that checks each request's signature by the book
// (Signature Version 4), independently of the library that signs.
import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface S3Server {
  readonly url: string;
  /** By `bucket/key`. */
  readonly objects: Map<string, Uint8Array>;
  /** What was asked for: "LIST prefix", "GET key 0-9". */
  readonly log: string[];
  close(): Promise<void>;
}

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly sessionToken?: string;
}

/** Objects a page of a listing has, few so that listings take several. */
const PAGE = 2;

export async function startS3Server(keys: S3Keys): Promise<S3Server> {
  const objects = new Map<string, Uint8Array>();
  const log: string[] = [];
  const http = createServer((request, response) => {
    const refusal = refusalOf(request, keys);
    if (refusal !== null) return fail(response, 403, refusal);
    const url = new URL(request.url as string, "http://x");
    const [, bucket, ...rest] = url.pathname.split("/");
    if (url.searchParams.get("list-type") === "2") return list(response, bucket as string, url.searchParams);
    const name = [bucket, ...rest].map((part) => decodeURIComponent(part as string)).join("/");
    if (request.method === "PUT") return void put(request, response, name);
    if (request.method === "DELETE") {
      objects.delete(name);
      return void response.writeHead(204).end();
    }
    const bytes = objects.get(name);
    if (bytes === undefined) return fail(response, 404, "NoSuchKey");
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const [from, to] = range === null ? [0, bytes.length - 1] : [Number(range[1]), Number(range[2])];
    const part = bytes.subarray(from, to + 1);
    log.push(`GET ${name} ${from}-${from + part.length - 1}`);
    response.writeHead(range === null ? 200 : 206, {
      etag: `"${createHash("md5").update(bytes).digest("hex")}"`,
      "content-length": part.length,
      ...(range === null ? {} : { "content-range": `bytes ${from}-${from + part.length - 1}/${bytes.length}` }),
    });
    response.end(part);
  });
  const put = async (request: IncomingMessage, response: ServerResponse, name: string) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    log.push(`PUT ${name}`);
    if (request.headers["if-none-match"] === "*" && objects.has(name)) return fail(response, 412, "PreconditionFailed");
    objects.set(name, Buffer.concat(parts));
    response.writeHead(200).end();
  };
  const list = (response: ServerResponse, bucket: string, query: URLSearchParams) => {
    const prefix = query.get("prefix") ?? "";
    log.push(`LIST ${bucket}/${prefix}`);
    const keysFound = [...objects.keys()]
      .filter((name) => name.startsWith(`${bucket}/${prefix}`))
      .map((name) => name.slice(bucket.length + 1))
      .toSorted();
    if (![...objects.keys()].some((name) => name.startsWith(`${bucket}/`))) return fail(response, 404, "NoSuchBucket");
    const from = Number(query.get("continuation-token") ?? 0);
    const page = keysFound.slice(from, from + PAGE);
    const more = from + PAGE < keysFound.length;
    const contents = page.map((key) => {
      const size = (objects.get(`${bucket}/${key}`) as Uint8Array).length;
      const escaped = encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
      return `<Contents><Key>${escaped}</Key><Size>${size}</Size><ETag>&quot;${key.length}&quot;</ETag></Contents>`;
    });
    response.writeHead(200, { "content-type": "application/xml" });
    response.end(
      `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>` +
        `<IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + PAGE}</NextContinuationToken>` : ""}${contents.join("")}</ListBucketResult>`,
    );
  };
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    objects,
    log,
    close: () =>
      new Promise((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Returns why a request is not signed as it must be, or null. */
function refusalOf(request: IncomingMessage, keys: S3Keys): string | null {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    request.headers.authorization ?? "",
  );
  if (parts === null) return "AccessDenied";
  const [, credential = "", names = "", signature] = parts;
  const [id, day = "", region, service, end] = credential.split("/");
  if (id !== keys.accessKeyId) return "InvalidAccessKeyId";
  if (region !== keys.region || service !== "s3" || end !== "aws4_request") return "AuthorizationHeaderMalformed";
  const signed = names.split(";");
  if (!signed.includes("host") || !signed.includes("x-amz-date")) return "AccessDenied";
  if (keys.sessionToken !== undefined && request.headers["x-amz-security-token"] !== keys.sessionToken) {
    return "InvalidToken";
  }
  const time = String(request.headers["x-amz-date"]);
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!time.startsWith(day) || Math.abs(at - Date.now()) > 900_000) return "RequestTimeTooSkewed";
  const url = new URL(request.url as string, "http://x");
  const encode = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");
  const canonical = [
    request.method,
    url.pathname
      .split("/")
      .map((part) => encode(decodeURIComponent(part)))
      .join("/"),
    query,
    ...signed.map(
      (name) =>
        `${name}:${String(request.headers[name] ?? "")
          .trim()
          .replaceAll(/\s+/g, " ")}`,
    ),
    "",
    names,
    request.headers["x-amz-content-sha256"],
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const hash = createHash("sha256").update(canonical).digest("hex");
  const key = ["s3", "aws4_request"].reduce(
    (k, text) => hmac(k, text),
    hmac(hmac(`AWS4${keys.secretAccessKey}`, day), keys.region),
  );
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash}`).toString("hex");
  return expected === signature ? null : "SignatureDoesNotMatch";
}
