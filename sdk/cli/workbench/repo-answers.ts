// A repo folder's answers to the workbench page: read anew at each visit, so that an edit shows after a reload.
import { existsSync } from "node:fs";
import { EdgefeatError } from "../../errors.ts";
import { loadConfig } from "../load/config.ts";
import { bundleForBrowser, loadRepoData, type RepoData } from "./repo-data.ts";
import type { RepoAnswers } from "./server.ts";

/** Returns the answers. @throws config_invalid, file_not_found for entity rows that are not there */
export async function repoAnswers(
  repo: string,
  entities: string | null,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RepoAnswers> {
  if (entities !== null && !existsSync(entities)) {
    throw new EdgefeatError("file_not_found", `there is no file ${entities}`, {
      hint: "--entities names the entity rows",
    });
  }
  const loaded = await loadConfig(repo);
  let known: RepoData | undefined;
  return {
    async describe() {
      known = await loadRepoData(loaded, entities, env);
      const { paths: _, ...told } = known;
      return told;
    },
    definitions: () => bundleForBrowser(loaded),
    path: (url) => known?.paths.get(url),
  };
}
