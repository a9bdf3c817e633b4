// What is not the same twice: the page's clock, for how long something took, and the ids of its files.

/** Returns milliseconds; only their differences mean something. */
export const elapsedMs = (): number => performance.now();

/** Returns an id that no other file of this browser has. */
export const newId = (): string => crypto.randomUUID();
