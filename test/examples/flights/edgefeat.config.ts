// The flights example: everything at its default, on the embedded store.
import { defineConfig } from "edgefeat";

export default defineConfig({ project: "flights", definitions: "./features.ts" });
