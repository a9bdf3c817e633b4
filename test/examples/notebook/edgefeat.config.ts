// The notebook example's repo: what the notebook joins in a browser tab is what this Worker serves.
import { defineConfig } from "edgefeat";

export default defineConfig({ project: "departures", definitions: "./features.ts" });
