// What every engine must compute to the same bits: functions over many numbers, expressions over many rows (SEMANTICS 5.1).
// Runs in Node, workerd and a browser: no test framework here.
import { type Artifacts, compileExpression, evaluationContext, FAULT } from "../../../sdk/expressions/index.ts";
import * as math from "../../../sdk/expressions/math/index.ts";
import { parseTypeName, type Value, type ValueType } from "../../../sdk/types/index.ts";

const COUNT = 200_000;
const ROWS = 3000;

/** Returns a generator of 32-bit integers (mulberry32), the same everywhere. */
function integers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const view = new DataView(new ArrayBuffer(8));

/** Returns doubles of every size: any bits, angles, small and large numbers, whole ones. */
function double(next: () => number): number {
  const unit = next() / 2 ** 32 + next() / 2 ** 64;
  switch (next() % 7) {
    case 0:
      view.setUint32(0, next());
      view.setUint32(4, next());
      return view.getFloat64(0);
    case 1:
      return (unit - 0.5) * 20;
    case 2:
      return (unit - 0.5) * 2;
    case 3:
      return (unit - 0.5) * 2e7;
    case 4:
      return (unit - 0.5) * 1e-3;
    case 5:
      return (next() % 200) - 100;
    default:
      return unit * 700;
  }
}

class Digest {
  #a = 0x811c9dc5;
  #b = 0x12345678;

  word(n: number): void {
    this.#a = Math.imul(this.#a ^ n, 0x01000193) ^ (this.#a >>> 15);
    this.#b = Math.imul(this.#b + n, 0x9e3779b1) ^ (this.#b >>> 13);
  }

  number(x: number): void {
    view.setFloat64(0, x);
    // NaN has many bit patterns, and JavaScript does not say which one is written.
    if (Number.isNaN(x)) view.setBigUint64(0, 0x7ff8000000000000n);
    this.word(view.getUint32(0));
    this.word(view.getUint32(4));
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
    this.word(text.length);
  }

  value(value: Value | null | typeof FAULT): void {
    if (typeof value === "number") this.number(value);
    else if (value instanceof Float32Array || Array.isArray(value)) {
      this.word(value.length);
      for (const item of value) this.value(item);
    } else this.text(value === null ? "null" : value === FAULT ? "fault" : `${typeof value} ${String(value)}`);
  }

  toString(): string {
    return [this.#a, this.#b].map((n) => (n >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

const functions: Record<string, (x: number, y: number) => number> = {
  sin: math.sin,
  cos: math.cos,
  tan: math.tan,
  exp: math.exp,
  ln: math.ln,
  log1p: math.log1p,
  log10: math.log10,
  "ln of |x|": (x) => math.ln(Math.abs(x)),
  "log10 of |x|": (x) => math.log10(Math.abs(x)),
  atan2: math.atan2,
  "pow of |x|": (x, y) => math.pow(Math.abs(x), y),
  "pow, result in range": (x, y) => math.pow(Math.abs(x), y / (1 + Math.abs(math.ln(Math.abs(x))))),
  "pow of whole numbers": (x, y) => math.pow(Math.round(x), Math.round(y) % 30),
};

const columns: Record<string, string> = {
  x: "float64",
  y: "float64",
  f: "float32",
  n: "int64",
  m: "int32",
  s: "string",
  t: "timestamp",
  b: "bool",
  v: "vector(4)",
  w: "list<float64>",
};

const artifacts: Artifacts = {
  scale: { kind: "scaler", mean: 0.1, stddev: 0.7 },
  letters: { kind: "vocabulary", terms: ["a", "B😀", "", "straße", "Ωμέγα Σ"], outOfVocabulary: 5 },
};

const expressions = [
  "x / y > 2.0 && n < 6",
  "coalesce(x, 0.0) * y + f",
  "n * m + n / m - n % m",
  "b ? sqrt(x) : round(y)",
  "haversine_km(x, y, f, y + 1.0)",
  "sin_cycle(x, 24) + cos_cycle(epoch_seconds(t), 86400)",
  "string(x) + '|' + string(f) + '|' + string(n)",
  "string(t)",
  "year(t) * 1000000 + month(t) * 10000 + day(t) * 100 + weekday(t)",
  "hour(t) * 10000 + minute(t) * 100 + second(t)",
  "seconds_between(t, request_time()) / 3600.0",
  "int(x) + int(round(y))",
  "n < x || n == y",
  "lower(s) + upper(s)",
  "s < 'm' && s in ['aé', 'B😀']",
  "size(s) + length(s)",
  "min(x, y, f, m)",
  "clamp(x, f, 1e3)",
  "floor(x) + ceil(y) - abs(f)",
  "dot(v, w)",
  "cosine_similarity(v, w) + l2_norm(w)",
  "cosine_similarity(v, [x, y, f, 1.0])",
  "one_hot(s, 'letters')",
  "one_hot(n % 3, [0, 1, 2])",
  "bucketize(x, [-1e3, -1, 0, 1e-300, 0.5, 7, 1e18]) * 10 + bucketize(n, [0, 4294967296])",
  "standardize(x, 'scale') + standardize(n, y, f)",
  "vocabulary_index(s, 'letters')",
  "hash_bucket(s, 1000003) * 1000 + hash_bucket(n, 997)",
  "if(b, log1p(x), exp(y))",
  "contains(s, 'é') || starts_with(s, 'Z') || ends_with(s, 'Σ')",
  "[x, y, f, n]",
];

const TEXTS = ["", "a", "aé", "B😀", "straße", "İSTANBUL", "Ωμέγα Σ", "Zürich", "ǅ", "1e3"];

function valueOf(type: string, next: () => number): Value | null {
  if (next() % 10 === 0) return null;
  switch (type) {
    case "float64":
      return double(next);
    case "float32":
      return Math.fround(double(next));
    case "int64":
    case "timestamp": {
      const n = (BigInt(next()) << 32n) | BigInt(next());
      return BigInt.asIntN(64, next() % 2 === 0 ? n : n % 2_000_000_000_000_000n);
    }
    case "int32":
      return next() | 0;
    case "bool":
      return next() % 2 === 0;
    case "vector(4)":
      return Float32Array.from({ length: 4 }, () => double(next));
    case "list<float64>":
      return Array.from({ length: next() % 8 === 0 ? 3 : 4 }, () => double(next));
    default:
      return TEXTS[next() % TEXTS.length] as string;
  }
}

/** Returns a digest for every function and expression of the corpus. */
export function digests(): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, f] of Object.entries(functions)) {
    const [next, digest] = [integers(20_261_102), new Digest()];
    for (let i = 0; i < COUNT; i++) digest.number(f(double(next), double(next)));
    out[`math: ${name}`] = digest.toString();
  }
  const types: Record<string, ValueType> = Object.fromEntries(
    Object.entries(columns).map(([name, type]) => [name, parseTypeName(type)]),
  );
  for (const text of expressions) {
    const [next, digest] = [integers(7), new Digest()];
    const { inputs, evaluate } = compileExpression(text, types, { artifacts });
    const context = evaluationContext(985_996_800_000_000);
    for (let i = 0; i < ROWS; i++)
      digest.value(
        evaluate(
          inputs.map((name) => valueOf(columns[name] as string, next)),
          context,
        ),
      );
    out[text] = digest.toString();
  }
  const digest = new Digest();
  for (let point = 0; point < 0x110000; point++) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const character = String.fromCodePoint(point);
    digest.text(character.toLowerCase());
    digest.text(character.toUpperCase());
  }
  out["every letter in lower and upper case"] = digest.toString();
  return out;
}
