// Doubles as integers of the same order: −Infinity … −0, +0 … Infinity (IEEE 754 totalOrder, NaN aside).

const view = new DataView(new ArrayBuffer(8));

/** Returns the integer that stands for a double which is not NaN. */
export function orderedInteger(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigInt64(0);
  // The magnitude of a negative double grows with its bits: turn their order round.
  return bits < 0n ? BigInt.asIntN(64, ~bits) - 2n ** 63n : bits;
}

/** Returns the double that an integer of `orderedInteger` stands for. */
export function fromOrderedInteger(n: bigint): number {
  view.setBigInt64(0, n < 0n ? ~(n + 2n ** 63n) : n);
  return view.getFloat64(0);
}
