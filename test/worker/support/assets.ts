// The Worker's static assets as a host of them answers, made in memory: for apps under test, in Node and in workerd.
import type { Assets } from "../../../worker/assets.ts";
import { referenceFiles } from "../../../worker/pages/reference.ts";

let reference: ReadonlyMap<string, string> | undefined;

/** Answers the files of the reference, and those given besides; paths begin without a slash. */
export function memoryAssets(more: Readonly<Record<string, string>> = {}): Assets {
  return {
    async fetch({ url }) {
      reference ??= referenceFiles();
      const path = new URL(url).pathname.slice(1);
      const text = Object.hasOwn(more, path) ? more[path] : reference.get(path);
      return text === undefined ? new Response("no such file", { status: 404 }) : new Response(text);
    },
  };
}
