// `edgefeat init`: a small repo that runs as it is.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { EdgefeatError } from "../../errors.ts";
import { floorTo, formatTime, US_PER_DAY, US_PER_MS, type Us } from "../../time.ts";
import { addCommand, contextOf } from "../command.ts";
import { initFiles } from "../init-files.ts";

export function addInit(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "init",
    purpose: "write a config, definitions and a little sample data to start from",
    about:
      "Writes edgefeat.config.ts, features.ts, data/orders.csv, entities.csv and .gitignore; never overwrites a file.",
    examples: [
      ["init", "in the current folder, which gives the project its name"],
      ["init shop", 'in the new folder "shop"'],
    ],
  })
    .argument("[dir]", "the folder; made if it is not there (default: the current folder, or --repo)")
    .action((dir: string | undefined, options: { repo?: string; json?: boolean }) => {
      const { repo, out } = contextOf(options, signal);
      const folder = dir === undefined ? repo : resolve(repo, dir);
      const todayUs = floorTo(Date.now() * US_PER_MS, US_PER_DAY);
      const files = initFiles(projectName(folder), todayUs);
      const existing = Object.keys(files).filter((file) => existsSync(join(folder, file)));
      if (existing.length > 0) {
        throw new EdgefeatError("config_invalid", `${existing.join(", ")} in ${folder} would be overwritten`, {
          hint: "choose another folder: edgefeat init DIR",
          details: { existing },
        });
      }
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text, { flag: "wx" });
        out.say(`wrote ${relative(process.cwd(), join(folder, file))}`);
      }
      for (const line of nextSteps(folder, todayUs)) out.say(line);
      out.result({ folder, files: Object.keys(files) });
    });
}

/** Returns the folder's name as a project's: 1 to 64 letters, digits, _ . -. */
function projectName(folder: string): string {
  const name = basename(folder)
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "");
  return name.slice(0, 64) || "features";
}

function nextSteps(folder: string, todayUs: Us): string[] {
  const from = relative(process.cwd(), folder);
  return [
    "",
    `Next${from === "" ? "" : `, in ${from}`}:`,
    "  edgefeat serve                                            (in a shell of its own)",
    "  edgefeat apply",
    `  edgefeat materialize ${formatTime(todayUs - 60 * US_PER_DAY)} ${formatTime(todayUs)}`,
    "  edgefeat online --service order_model --entity customer_id=1 --request amount=80",
    "  edgefeat historical --entities entities.csv --service order_model --out training.parquet",
  ];
}
