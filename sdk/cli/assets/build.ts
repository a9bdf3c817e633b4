// Makes the static assets that go with a Worker: the reference of its routes, and the workbench.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { headersFile } from "./asset-headers.ts";

/** Writes the OpenAPI document and its page, `public/` and `token/` by who may read, into a folder. */
export async function buildReference(folder: string): Promise<void> {
  // Here, because whoever serves files that are made already needs none of the Worker.
  const { referenceFiles } = await import("../../../worker/pages/reference.ts");
  for (const [path, text] of referenceFiles()) {
    const file = join(folder, path.replace(/^reference\//, ""));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Writes the workbench's page and what it loads into a folder. */
export async function buildWorkbench(folder: string): Promise<void> {
  const { buildWorkbench } = await import("../../../offline/workbench/build.ts");
  mkdirSync(folder, { recursive: true });
  await buildWorkbench(folder);
}

/** Writes what tells a host of static assets which headers they want. */
export function writeHeaders(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "_headers"), headersFile());
}
