// How static assets are told to browsers: their content types, and the headers that some of them need.

/**
 * What each page of the workbench needs to be isolated from other sites, without which a browser gives DuckDB one thread:
 * nothing of another origin is loaded unasked, and no other page may hold on to it.
 */
export const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
} as const;

export const EVERY = { "x-content-type-options": "nosniff" } as const;

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  // Not as content-encoding: the page inflates it itself, as it must where a host serves it as a file.
  gz: "application/gzip",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  parquet: "application/vnd.apache.parquet",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

/** Returns the content type of a file by its path's ending. */
export function contentType(path: string): string {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return TYPES[ending] ?? "application/octet-stream";
}

/** Returns the headers of a file by its path, which begins with a slash. */
export function assetHeaders(path: string): Readonly<Record<string, string>> {
  return {
    "content-type": contentType(path),
    // As Cloudflare tells them: kept, and asked for again each time by their tag.
    "cache-control": "public, max-age=0, must-revalidate",
    ...EVERY,
    ...(path.startsWith("/workbench/") ? ISOLATED : {}),
  };
}

/** Returns the file `_headers` that tells Cloudflare the same. */
export function headersFile(): string {
  const rule = (path: string, headers: Readonly<Record<string, string>>) =>
    `${path}\n${Object.entries(headers)
      .map(([name, value]) => `  ${name}: ${value}\n`)
      .join("")}`;
  return `${rule("/*", EVERY)}${rule("/workbench/*", ISOLATED)}`;
}
