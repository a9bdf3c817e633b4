// The engines of Node, and which one is taken.
import { openNativeEngine } from "./native.ts";
import { nativeBindings } from "./native-bindings.ts";
import type { Engine } from "./port.ts";
import { openNodeWasmEngine } from "./wasm-node.ts";

export interface EngineOptions {
  /** Default "auto": native where @duckdb/node-api is installed, else WebAssembly. Results are the same. */
  engine?: "auto" | "wasm" | "native" | undefined;
  /** Of the native engine: default one a core. Results do not depend on it. */
  threads?: number | undefined;
  /** Beyond it the native engine spills to disk, by default at 80 % of the machine's memory; WebAssembly fails, by default at 3.1 GiB. */
  memoryLimitBytes?: number | undefined;
  /** Where the native engine makes a folder for what it spills, removed when it closes; default the system's for temporary files. */
  spillFolder?: string | undefined;
}

/**
 * Returns a SQL engine in this process.
 * @throws engine_unavailable for the native one without @duckdb/node-api, engine_failed when it can't start.
 * @example const engine = await openEngine({ engine: "native", memoryLimitBytes: 8 * 2 ** 30 });
 */
export function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine = "auto", memoryLimitBytes } = options;
  const native = engine === "native" || (engine === "auto" && hasNative());
  return native ? openNativeEngine(options) : openNodeWasmEngine({ memoryLimitBytes });
}

/** An installation that is broken, or made for another machine, is as good as none. */
function hasNative(): boolean {
  try {
    return nativeBindings() !== null;
  } catch {
    return false;
  }
}
