// The event log in an object store, as a Worker's R2 bucket is reached from elsewhere.
import { EdgefeatError } from "../../sdk/errors.ts";
import { changeObject, listObjects, openObject, type S3Connection } from "../datasets/s3.ts";
import type { LogFiles } from "./port.ts";

const TRIES = 4;
const FIRST_WAIT_MS = 250;

/** Returns the files of a bucket below a prefix, which is empty or ends with a slash. @throws file_unreadable, file_not_found for a bucket that isn't there */
export function s3Log(connection: S3Connection, bucket: string, prefix: string): LogFiles {
  const name = `s3://${bucket}/${prefix}`;
  const at = (path: string) => ({ bucket, key: `${prefix}${path}` });
  const below = async (folder: string) => {
    const base = at(`${folder}/`).key;
    const objects = await listObjects(connection, bucket, base);
    return objects.map(({ key, sizeBytes }) => ({ path: key.slice(base.length), sizeBytes }));
  };
  const filesIn = async (folder: string) => (await below(folder)).filter(({ path }) => !path.includes("/"));
  const read = (path: string) =>
    orAbsent(null, async () => {
      const opened = await openObject(connection, bucket, at(path).key);
      try {
        return await opened.read(0, opened.sizeBytes);
      } finally {
        await opened.close();
      }
    });
  return {
    name,
    list: async (folder) => (await filesIn(folder)).map(({ path }) => path),
    sizes: async (folder) => new Map((await filesIn(folder)).map(({ path, sizeBytes }) => [path, sizeBytes])),
    async folders(folder) {
      const paths = (await below(folder)).map(({ path }) => path).filter((path) => path.includes("/"));
      return [...new Set(paths.map((path) => path.slice(0, path.indexOf("/"))))];
    },
    read,
    async putNew(path, bytes) {
      const body = new Uint8Array(bytes);
      const { status, tries } = await send(connection, name, "PUT", at(path), {
        headers: { "if-none-match": "*" },
        body,
      });
      if (status !== 412) return true;
      // What was sent before and not answered may be what is there.
      return tries > 1 && isEqual(await read(path), bytes);
    },
    remove: async (path) => void (await send(connection, name, "DELETE", at(path))),
  };
}

/** Sends until there is an answer to go by. @throws file_unreadable */
async function send(
  connection: S3Connection,
  name: string,
  method: "PUT" | "DELETE",
  object: { bucket: string; key: string },
  what?: Parameters<typeof changeObject>[3],
): Promise<{ status: number; tries: number }> {
  const { wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = connection.http;
  for (let tries = 1; ; tries++) {
    const answer = await changeObject(connection, method, object, what).catch((fault: unknown) => fault as Error);
    if (answer instanceof Response) {
      await answer.body?.cancel();
      const { status } = answer;
      if (answer.ok || status === 412 || (status === 404 && method === "DELETE")) return { status, tries };
      if (status < 500 && status !== 429 && status !== 408 && status !== 409)
        throw failed(name, object.key, `the server answered ${status}`);
      if (tries === TRIES) throw failed(name, object.key, `the server answered ${status}`);
    } else if (tries === TRIES || connection.http.signal?.aborted === true) {
      throw failed(name, object.key, answer.message, answer);
    }
    await wait(FIRST_WAIT_MS * 2 ** (tries - 1));
  }
}

function failed(name: string, key: string, why: string, cause?: Error): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${name}: ${key} can't be changed: ${why}`, {
    hint: "check the credentials, and that they may write to the bucket",
    cause,
  });
}

async function orAbsent<T>(absent: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof EdgefeatError && fault.code === "file_not_found") return absent;
    throw fault;
  }
}

function isEqual(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
