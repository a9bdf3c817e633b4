// The 64 bits of a double as two 32-bit words, by which the functions of this folder pick their ranges.

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

/** Returns sign, exponent and the upper 20 bits of the fraction, as a signed 32-bit integer. */
export function highWord(x: number): number {
  float[0] = x;
  return (words[HIGH] as number) | 0;
}

/** Returns the lower 32 bits of the fraction, as an unsigned integer. */
export function lowWord(x: number): number {
  float[0] = x;
  return words[LOW] as number;
}

/** Returns x with another upper word. */
export function withHighWord(x: number, high: number): number {
  float[0] = x;
  words[HIGH] = high;
  return float[0];
}

/** Returns x with the lower 32 bits of its fraction cleared. */
export function withoutLowWord(x: number): number {
  float[0] = x;
  words[LOW] = 0;
  return float[0];
}

/** Returns the double of an upper word, the lower being zero. */
export function fromHighWord(high: number): number {
  words[LOW] = 0;
  words[HIGH] = high;
  return float[0] as number;
}

const TWO_1023 = fromHighWord(0x7fe00000);

/** Returns x·2^k, rounded once also where the result is subnormal, for x in [0.5, 2) and k in −1100 … 1024. */
export function scaleByPowerOfTwo(x: number, k: number): number {
  if (k > 1023) return x * 2 * TWO_1023;
  if (k >= -1021) return x * fromHighWord((1023 + k) << 20);
  return x * fromHighWord((1023 + k + 200) << 20) * fromHighWord((1023 - 200) << 20);
}
