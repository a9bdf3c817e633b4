// SHA-256 of a text (FIPS 180-4), by a call that returns: WebCrypto's answers later, and a library's is 2.5 kB of a Worker's 100.

const BLOCK_BYTES = 64;
const encoder = new TextEncoder();

/** The first 32 bits of the fractions of the first primes' square roots (8) and cube roots (64), as int32. */
const [INITIAL, ROUND] = constants();
/** The words of a block, spread over the rounds. */
const spread = new Int32Array(ROUND.length);

/** Returns the SHA-256 of a text's UTF-8 bytes, in hexadecimal. A lone surrogate counts as U+FFFD. */
export function sha256Hex(text: string): string {
  const blocks = padded(encoder.encode(text));
  const state = INITIAL.slice();
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) mix(state, blocks, at);
  let hex = "";
  for (const word of state) hex += (word >>> 0).toString(16).padStart(8, "0");
  return hex;
}

/** Returns bytes in hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns whole blocks: the bytes, a one, zeros, and how many bits there were. */
function padded(bytes: Uint8Array): DataView {
  const { length } = bytes;
  const blocks = new Uint8Array((length + 8 + BLOCK_BYTES) & -BLOCK_BYTES);
  blocks.set(bytes);
  blocks[length] = 0x80;
  const view = new DataView(blocks.buffer);
  view.setUint32(blocks.length - 8, length / 2 ** 29);
  view.setUint32(blocks.length - 4, length << 3);
  return view;
}

function mix(state: Int32Array, blocks: DataView, at: number): void {
  const w = spread as unknown as number[];
  for (let i = 0; i < 16; i++) w[i] = blocks.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const near = w[i - 2] as number;
    const far = w[i - 15] as number;
    const turned = (turn(near, 17) ^ turn(near, 19) ^ (near >>> 10)) + (turn(far, 7) ^ turn(far, 18) ^ (far >>> 3));
    w[i] = ((w[i - 16] as number) + (w[i - 7] as number) + turned) | 0;
  }
  // Neither as lists, whose taking apart takes as long as the rounds do.
  let { 0: a, 1: b, 2: c, 3: d, 4: e, 5: f, 6: g, 7: h } = state as unknown as Eight;
  for (let i = 0; i < 64; i++) {
    const sum = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const first = (h + sum + ((e & f) ^ (~e & g)) + (ROUND[i] as number) + (w[i] as number)) | 0;
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  const into = state as unknown as Eight;
  into[0] += a;
  into[1] += b;
  into[2] += c;
  into[3] += d;
  into[4] += e;
  into[5] += f;
  into[6] += g;
  into[7] += h;
}

type Eight = [number, number, number, number, number, number, number, number];

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function constants(): [Int32Array, Int32Array] {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  // A root's double holds 50 bits of the fraction and more; none of these comes near to where the 32nd would change.
  const fraction = (root: number) => (root % 1) * 2 ** 32;
  return [
    Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  ];
}
