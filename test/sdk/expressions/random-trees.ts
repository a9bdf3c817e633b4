// Random well-typed expressions and inputs for them.
import fc, { type Arbitrary } from "fast-check";
import type { Plain, Tree, Type } from "./reference-interpreter.ts";

/** The inputs that random trees read, with their value types. */
export const inputTypes = {
  n: "int64",
  k: "int64",
  m: "int32",
  x: "float64",
  y: "float64",
  f: "float32",
  b: "bool",
  c: "bool",
  s: "string",
};

const INT_INPUTS = ["n", "k", "m"];
const EDGES = [0n, 1n, -1n, 2n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 63n - 1n, -(2n ** 63n)];

const int64 = fc.oneof(
  fc.bigInt({ min: -20n, max: 20n }),
  fc.constantFrom(...EDGES),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const double = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(Number),
  fc.constantFrom(...EDGES.map(Number)),
  fc.double(),
);
const text = fc.oneof(
  fc.constantFrom("", "a", "b", "\u{ffff}", "\u{10000}", "é"),
  fc.string({ unit: "binary", maxLength: 3 }),
);
const nullable = (of: Arbitrary<Plain>) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: of });

/** Values for `inputTypes`, a fifth of them null. */
export const inputs: Arbitrary<Record<string, Plain>> = fc.record({
  n: nullable(int64),
  k: nullable(int64),
  m: nullable(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer())),
  x: nullable(double),
  y: nullable(double),
  f: nullable(fc.oneof(fc.float(), fc.integer({ min: -5, max: 5 }))),
  b: nullable(fc.boolean()),
  c: nullable(fc.boolean()),
  s: nullable(text),
});

type Trees = Record<Type, Tree>;

function leaf(type: Type, values: Arbitrary<bigint | number | boolean | string>, names: string[]): Arbitrary<Tree> {
  return fc.oneof(
    values.map((value): Tree => ({ op: "literal", type, value })),
    fc.constantFrom(...names).map((name): Tree => ({ op: "input", type, name })),
  );
}

/** Trees of each type, at most four operations deep or so. */
export const trees = fc.letrec<Trees>((tie) => {
  const infix = (type: Type, signs: string[], left: Arbitrary<Tree>, right: Arbitrary<Tree>): Arbitrary<Tree> =>
    fc.record({
      op: fc.constant("infix" as const),
      type: fc.constant(type),
      sign: fc.constantFrom(...signs),
      left,
      right,
    });
  const call = (type: Type, name: string, ...args: Arbitrary<Tree>[]): Arbitrary<Tree> =>
    fc.tuple(...args).map((operands): Tree => ({ op: "call", type, name, args: operands }));
  const prefix = (type: Type, sign: "-" | "!"): Arbitrary<Tree> =>
    tie(type).map((of): Tree => ({ op: "prefix", type, sign, of }));
  const choice = (type: Type, yes: Arbitrary<Tree>, no: Arbitrary<Tree>): Arbitrary<Tree> =>
    fc.record({ op: fc.constant("choice" as const), type: fc.constant(type), test: tie("bool"), yes, no });
  const nothing = (type: Type): Arbitrary<Tree> => fc.constant({ op: "null", type });
  const lazy = (type: Type): Arbitrary<Tree>[] => [
    choice(type, tie(type), tie(type)),
    choice(type, nothing(type), tie(type)),
    choice(type, tie(type), nothing(type)),
    call(type, "coalesce", tie(type), tie(type)),
    call(type, "coalesce", tie(type), tie(type), tie(type)),
    call(type, "if", tie("bool"), tie(type), tie(type)),
  ];
  const int = tie("int");
  const number = fc.oneof(int, tie("double"));
  const list = (of: Arbitrary<Tree>): Arbitrary<Tree> =>
    fc.record({
      op: fc.constant("in" as const),
      type: fc.constant("bool" as const),
      of,
      list: fc.array(of, { minLength: 1, maxLength: 3 }),
    });
  const comparisons = ["==", "!=", "<", "<=", ">", ">="];
  const numeric = (type: Type, of: Arbitrary<Tree>): Arbitrary<Tree>[] => [
    call(type, "abs", of),
    call(type, "min", of, of),
    call(type, "max", of, of, of),
    call(type, "clamp", of, of, of),
  ];
  const options = { depthSize: "small", withCrossShrink: true } as const;
  return {
    int: fc.oneof(
      options,
      leaf("int", int64, INT_INPUTS),
      infix("int", ["+", "-", "*", "/", "%"], int, int),
      prefix("int", "-"),
      call("int", "int", number),
      call("int", "size", tie("string")),
      ...numeric("int", int),
      ...lazy("int"),
    ),
    double: fc.oneof(
      options,
      leaf("double", double, ["x", "y", "f"]),
      infix("double", ["+", "-", "*", "/"], tie("double"), number),
      infix("double", ["+", "-", "*", "/"], number, tie("double")),
      prefix("double", "-"),
      call("double", "double", number),
      call("double", "coalesce", int, tie("double")),
      choice("double", int, tie("double")),
      call("double", "min", int, tie("double")),
      ...numeric("double", tie("double")),
      ...lazy("double"),
    ),
    bool: fc.oneof(
      options,
      leaf("bool", fc.boolean(), ["b", "c"]),
      infix("bool", ["&&", "||"], tie("bool"), tie("bool")),
      prefix("bool", "!"),
      infix("bool", comparisons, number, number),
      infix("bool", comparisons, tie("string"), tie("string")),
      infix("bool", ["==", "!="], tie("bool"), tie("bool")),
      call("bool", "is_null", fc.oneof(number, tie("bool"), tie("string"))),
      list(int),
      list(number),
      list(tie("string")),
      ...lazy("bool"),
    ),
    string: fc.oneof(
      options,
      leaf("string", text, ["s"]),
      infix("string", ["+"], tie("string"), tie("string")),
      call("string", "string", fc.oneof(number, tie("bool"))),
      ...lazy("string"),
    ),
  };
});
