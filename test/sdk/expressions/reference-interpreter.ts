// The oracle of the expression language: trees, their text, and a plain interpreter that shares no code with sdk/.

export type Type = "int" | "double" | "bool" | "string";

export type Tree =
  | { op: "literal"; type: Type; value: bigint | number | boolean | string }
  | { op: "null"; type: Type }
  | { op: "input"; type: Type; name: string }
  | { op: "infix"; type: Type; sign: string; left: Tree; right: Tree }
  | { op: "prefix"; type: Type; sign: "-" | "!"; of: Tree }
  | { op: "choice"; type: Type; test: Tree; yes: Tree; no: Tree }
  | { op: "call"; type: Type; name: string; args: Tree[] }
  | { op: "in"; type: "bool"; of: Tree; list: Tree[] };

export type Plain = bigint | number | boolean | string | null;

/** What a fault throws; it ends the evaluation, so everything evaluated before the end must be without one. */
export class Faulted extends Error {}

/** Returns the tree as text, every operation in parentheses. */
export function print(tree: Tree): string {
  switch (tree.op) {
    case "literal":
      return printLiteral(tree.value);
    case "null":
      return "null";
    case "input":
      return tree.name;
    case "infix":
      return `(${print(tree.left)} ${tree.sign} ${print(tree.right)})`;
    case "prefix":
      return `${tree.sign}(${print(tree.of)})`;
    case "choice":
      return `(${print(tree.test)} ? ${print(tree.yes)} : ${print(tree.no)})`;
    case "call":
      return `${tree.name}(${tree.args.map(print).join(", ")})`;
    case "in":
      return `(${print(tree.of)} in [${tree.list.map(print).join(", ")}])`;
  }
}

function printLiteral(value: bigint | number | boolean | string): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "number") return typeof value === "bigint" && value < 0n ? `(${value})` : String(value);
  if (Number.isNaN(value)) return "(0.0 / 0.0)";
  if (!Number.isFinite(value)) return value > 0 ? "(1.0 / 0.0)" : "(-1.0 / 0.0)";
  const text = Object.is(value, -0) ? "-0.0" : String(value);
  const double = /[.e]/.test(text) ? text : `${text}.0`;
  return text.startsWith("-") ? `(${double})` : double;
}

/** Returns the value of a tree. @throws Faulted */
export function interpret(tree: Tree, inputs: Readonly<Record<string, Plain>>): Plain {
  const value = (of: Tree): Plain => interpret(of, inputs);
  /** The value as the tree's own type: an int becomes a double where the tree is one. */
  const typed = (of: Tree): Plain => {
    const raw = value(of);
    return typeof raw === "bigint" && tree.type === "double" ? Number(raw) : raw;
  };
  switch (tree.op) {
    case "literal":
      return tree.value;
    case "null":
      return null;
    case "input":
      return inputs[tree.name] as Plain;
    case "prefix": {
      const x = value(tree.of);
      if (x === null) return null;
      return tree.sign === "!" ? x !== true : typeof x === "bigint" ? fit(-x) : -(x as number);
    }
    case "choice": {
      const test = value(tree.test);
      return test === null ? null : typed(test === true ? tree.yes : tree.no);
    }
    case "infix":
      if (tree.sign === "&&" || tree.sign === "||") return junction(tree.sign === "||", tree.left, tree.right, value);
      return infix(tree.sign, value(tree.left), value(tree.right));
    case "in": {
      // A list has one type: beside a double its ints are doubles too.
      const doubles = tree.list.some((item) => item.type === "double");
      const wanted = value(tree.of);
      const items = tree.list.map(value).map((x) => (doubles && typeof x === "bigint" ? Number(x) : x));
      return wanted === null || items.includes(null) ? null : items.some((x) => infix("==", wanted, x) === true);
    }
    case "call":
      if (tree.name === "is_null") return value(tree.args[0] as Tree) === null;
      if (tree.name === "coalesce") {
        for (const arg of tree.args) {
          const x = typed(arg);
          if (x !== null) return x;
        }
        return null;
      }
      if (tree.name === "if") {
        const [test, yes, no] = tree.args as [Tree, Tree, Tree];
        const x = value(test);
        return x === null ? null : typed(x === true ? yes : no);
      }
      return called(tree.name, tree.args.map(tree.name === "int" || tree.name === "string" ? value : typed));
  }
}

function junction(ending: boolean, left: Tree, right: Tree, value: (of: Tree) => Plain): Plain {
  const x = value(left);
  if (x === ending) return ending;
  const y = value(right);
  if (y === ending) return ending;
  return x === null || y === null ? null : !ending;
}

function fit(n: bigint): bigint {
  if (n > 2n ** 63n - 1n || n < -(2n ** 63n)) throw new Faulted();
  return n;
}

function infix(sign: string, x: Plain, y: Plain): Plain {
  if (x === null || y === null) return null;
  if (["==", "!=", "<", "<=", ">", ">="].includes(sign)) {
    const order = compare(x, y);
    if (sign === "==") return order === 0;
    if (sign === "!=") return order !== 0;
    if (order === undefined) return false;
    return sign === "<" ? order < 0 : sign === "<=" ? order <= 0 : sign === ">" ? order > 0 : order >= 0;
  }
  if (typeof x === "string") return x + (y as string);
  if (typeof x === "bigint" && typeof y === "bigint") {
    if ((sign === "/" || sign === "%") && y === 0n) throw new Faulted();
    return fit(sign === "+" ? x + y : sign === "-" ? x - y : sign === "*" ? x * y : sign === "/" ? x / y : x % y);
  }
  const [a, b] = [Number(x), Number(y)];
  return sign === "+" ? a + b : sign === "-" ? a - b : sign === "*" ? a * b : a / b;
}

/** Returns the sign of x − y, undefined where NaN is one; numbers as exact fractions, text by code points. */
function compare(x: NonNullable<Plain>, y: NonNullable<Plain>): number | undefined {
  if (typeof x === "boolean" || typeof y === "boolean") return x === y ? 0 : 1;
  if (typeof x === "string" || typeof y === "string") {
    const [a, b] = [x, y].map((text) => Array.from(text as string, (c) => c.codePointAt(0) as number)) as [
      number[],
      number[],
    ];
    for (let i = 0; i < Math.min(a.length, b.length); i++)
      if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
    return a.length - b.length;
  }
  if (Number.isNaN(x) || Number.isNaN(y)) return undefined;
  if (x === Infinity || y === -Infinity) return x === y ? 0 : 1;
  if (y === Infinity || x === -Infinity) return x === y ? 0 : -1;
  const [p, q] = [fraction(x), fraction(y)];
  const difference = p.top * q.bottom - q.top * p.bottom;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function fraction(x: bigint | number): { top: bigint; bottom: bigint } {
  let bottom = 1n;
  let top = x;
  while (typeof top === "number" && !Number.isInteger(top)) {
    top *= 2;
    bottom *= 2n;
  }
  return { top: BigInt(top), bottom };
}

function called(name: string, args: Plain[]): Plain {
  if (args.includes(null)) return null;
  const [x, y, z] = args as [bigint | number, bigint | number, bigint | number];
  switch (name) {
    case "abs":
      return typeof x === "bigint" ? fit(x < 0n ? -x : x) : Math.abs(x);
    case "min":
      return args.reduce(least);
    case "max":
      return args.reduce(greatest);
    case "clamp":
      return least(greatest(x, y), z);
    case "double":
      return Number(x);
    case "int": {
      if (typeof x === "bigint") return x;
      if (Number.isNaN(x) || Math.abs(x) === Infinity) throw new Faulted();
      return fit(BigInt(x < 0 ? Math.ceil(x) : Math.floor(x)));
    }
    case "string":
      return Object.is(x, -0) ? "-0" : String(x);
    case "size":
      return BigInt(Array.from(args[0] as string).length);
    default:
      throw new Error(`the oracle does not know ${name}`);
  }
}

function least(a: Plain, b: Plain): Plain {
  return typeof a === "bigint" ? (a < (b as bigint) ? a : b) : Math.min(a as number, b as number);
}

function greatest(a: Plain, b: Plain): Plain {
  return typeof a === "bigint" ? (a > (b as bigint) ? a : b) : Math.max(a as number, b as number);
}
