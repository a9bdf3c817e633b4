// The page's files: made from their sources in a checkout; as they were built, in the package.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorkbenchFile } from "../../../offline/workbench/build.ts";
import { assetFolder } from "../assets/index.ts";

export async function pageFiles(): Promise<readonly WorkbenchFile[]> {
  // What is published is compiled, and has no sources to make them from.
  if (import.meta.filename.endsWith(".js")) return builtFiles(join(assetFolder().path, "workbench"));
  const { workbenchFiles } = await import("../../../offline/workbench/build.ts");
  return workbenchFiles({ level: 1 });
}

function builtFiles(folder: string): WorkbenchFile[] {
  return readdirSync(folder).map((path) => ({ path, bytes: () => readFile(join(folder, path)) }));
}
