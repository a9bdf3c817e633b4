// A short hash of a text, the same in every engine: for sketches, and to tell two contents apart. Not for secrets.

/** Returns 53 well-mixed bits of a text, as many as a double and JSON hold exactly: two lanes of 32, each finished as in MurmurHash3. */
export function hash53(text: string): number {
  let a = text.length;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x85ebca77);
    b = Math.imul(b ^ unit, 0xc2b2ae3d);
    a = (a << 13) | (a >>> 19);
    b = (b << 17) | (b >>> 15);
  }
  b = mix(b ^ Math.imul(a, 0x27d4eb2f));
  a = mix(a ^ b);
  return (a >>> 11) * 2 ** 32 + (b >>> 0);
}

function mix(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
