// Every metric, the quickest first.
import type { Metric } from "../metric.ts";
import { bundleGzip } from "./bundle-gzip.ts";
import { pitWasmVsNative } from "./pit-wasm-vs-native.ts";
import { pitWindowsVsSql } from "./pit-windows-vs-sql.ts";
import { serveCacheVsStatic } from "./serve-cache-vs-static.ts";
import { serveRedisVsFetch } from "./serve-redis-vs-fetch.ts";

export const metrics: readonly Metric[] = [
  bundleGzip,
  serveCacheVsStatic,
  serveRedisVsFetch,
  pitWasmVsNative,
  pitWindowsVsSql,
];
