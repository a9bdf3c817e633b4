// Ascending lists of numbers: telling one, and finding a place in it.

/** True for whole numbers from 0 on, each greater than the one before. */
export function ascends(list: readonly unknown[]): list is readonly number[] {
  let last = -1;
  for (const x of list) {
    if (!Number.isSafeInteger(x) || (x as number) <= last) return false;
    last = x as number;
  }
  return true;
}

/** Returns how many of the list's numbers are below `x`: where it is, or would be put. */
export function placeOf(list: readonly number[], x: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
