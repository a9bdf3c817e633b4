// bundle.gzip_kb: what the Worker weighs where it is deployed.
import { gzipSync } from "node:zlib";
import { bundle, WORKER_ENTRY } from "../bundle.ts";
import type { Metric } from "../metric.ts";

const LIMIT_KB = 100;

export const bundleGzip: Metric = {
  name: "bundle.gzip_kb",
  description: `size of the Worker, minified and gzipped, over its limit of ${LIMIT_KB} kB`,
  async run() {
    const code = await bundle(WORKER_ENTRY, { minify: true });
    const kilobytes = (bytes: number) => bytes / 1000;
    const zipped = kilobytes(gzipSync(code).length);
    return {
      measurements: [
        { variant: "", unit: "kB", values: [zipped], baselines: [LIMIT_KB], against: "the limit", better: "lower" },
      ],
      notes: [
        `worker/index.ts and all it imports, as workerd takes it; before gzip ${kilobytes(code.length).toFixed(0)} kB`,
      ],
    };
  },
};
