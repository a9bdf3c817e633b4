// Every metric, the quickest first.
import type { Metric } from "../metric.ts";
import { bundleGzip } from "./bundle-gzip.ts";
import { cacheZipf } from "./cache-zipf.ts";
import { pitChromiumVsNode } from "./pit-chromium-vs-node.ts";
import { pitEndToEnd } from "./pit-end-to-end.ts";
import { pitNativeLarge } from "./pit-native-large.ts";
import { pitViewsLinear } from "./pit-views-linear.ts";
import { pitVsFeast } from "./pit-vs-feast.ts";
import { pitWasmVsNative } from "./pit-wasm-vs-native.ts";
import { pitWindowsVsSql } from "./pit-windows-vs-sql.ts";
import { pushBytesPerEntity } from "./push-bytes-per-entity.ts";
import { pushEventsPerSecond } from "./push-events-per-second.ts";
import { pushFreshness } from "./push-freshness.ts";
import { serveBatchVsOne } from "./serve-batch-vs-one.ts";
import { serveCacheVsStatic } from "./serve-cache-vs-static.ts";
import { serveColdStart } from "./serve-cold-start.ts";
import { serveExpressionsVsNone } from "./serve-expressions-vs-none.ts";
import { serveLatencyVsRtt } from "./serve-latency-vs-rtt.ts";
import { serveRedisVsFetch } from "./serve-redis-vs-fetch.ts";
import { serveViewsVsOne } from "./serve-views-vs-one.ts";
import { serveVsFeast } from "./serve-vs-feast.ts";
import { serveWindowsVsStored } from "./serve-windows-vs-stored.ts";

export const metrics: readonly Metric[] = [
  bundleGzip,
  cacheZipf,
  serveColdStart,
  serveCacheVsStatic,
  serveBatchVsOne,
  serveExpressionsVsNone,
  serveViewsVsOne,
  serveWindowsVsStored,
  serveLatencyVsRtt,
  serveRedisVsFetch,
  serveVsFeast,
  pushBytesPerEntity,
  pushEventsPerSecond,
  pushFreshness,
  pitWasmVsNative,
  pitWindowsVsSql,
  pitEndToEnd,
  pitViewsLinear,
  pitChromiumVsNode,
  pitVsFeast,
  pitNativeLarge,
];
