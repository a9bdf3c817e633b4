// How full a store is, and from where on it warns.

const WARN_SHARE = 0.8;

/** Returns a warning where more than 80 % of a limit is used. */
export function fullness(store: string, usedBytes: number | null, limitBytes: number | null): string[] {
  if (usedBytes === null || limitBytes === null || usedBytes <= WARN_SHARE * limitBytes) return [];
  const percent = Math.floor((100 * usedBytes) / limitBytes);
  return [`${store} is ${percent} % full (${usedBytes} of ${limitBytes} bytes): at 100 % writes fail or rows go`];
}
