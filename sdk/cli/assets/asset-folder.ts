// Where the static assets are: in the package as it is published; in a checkout made when they are asked for, and again
// when their sources have changed.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { EdgefeatError } from "../../errors.ts";
import { buildReference, buildWorkbench } from "./build.ts";
import { isUpToDate, type Made } from "./made.ts";

/** The parts of the assets, each a folder of its own. */
export const ASSET_PARTS = ["reference", "workbench"] as const;
export type AssetPart = (typeof ASSET_PARTS)[number];

export interface AssetFolder {
  /** Absolute. */
  readonly path: string;
  /** Resolves once a part is there as its sources say. @throws server_failed when it can't be made */
  ensure(part: AssetPart): Promise<void>;
}

const root = join(import.meta.dirname, "../../..");
/** Where a checkout keeps them; wrangler.toml names it. */
export const CHECKOUT_FOLDER = join(root, ".edgefeat", "assets");

/** Returns the folder that goes with this very package. */
export function assetFolder(): AssetFolder {
  // What is published is compiled, and holds them.
  if (import.meta.filename.endsWith(".js")) return { path: join(root, "assets"), ensure: async () => {} };
  const making = new Map<AssetPart, Promise<void>>();
  return {
    path: CHECKOUT_FOLDER,
    async ensure(part) {
      if (!making.has(part) && isUpToDate(madePart(part))) return;
      const made = making.get(part) ?? makeElsewhere(part).finally(() => making.delete(part));
      making.set(part, made);
      return made;
    },
  };
}

/** Returns how a part is made in a checkout. */
export function madePart(part: AssetPart): Made {
  const sources = ["sdk", part === "reference" ? "worker" : "offline", "package.json", "package-lock.json"];
  const beside = join(root, ".edgefeat", "made");
  return {
    folder: join(CHECKOUT_FOLDER, part),
    workFolder: join(beside, `${part}.${process.pid}`),
    stampFile: join(beside, `${part}.from`),
    sources: sources.map((name) => join(root, name)),
    make: part === "reference" ? buildReference : buildWorkbench,
  };
}

/** Makes a part in a process of its own: this one may have loaded the sources before they were changed. */
async function makeElsewhere(part: AssetPart): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), part], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [code, words] = await Promise.all([ended, text(child.stderr)]);
  if (code === 0) return;
  throw new EdgefeatError("server_failed", `the static assets (${part}) can't be made: ${words.trim()}`, {
    hint: "run npm install, then npm run assets",
  });
}
