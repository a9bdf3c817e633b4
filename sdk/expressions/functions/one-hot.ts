// one_hot(): the place of a value among values known beforehand, as a list of doubles.
import type { Value } from "../../types/index.ts";
import { termIndices } from "../artifacts.ts";
import type { Evaluator } from "../context.ts";
import { conversionHint, DOUBLE, showType, STRING } from "../expression-type.ts";
import { folded, type Operand } from "../operand.ts";
import { literalList, vocabularyArgument } from "./arguments.ts";
import type { CallScope, CallSite, FormEntry } from "./entry.ts";

/** A list literal has no more elements either. */
const MAX_ELEMENTS = 1000;

/** The types whose equality is that of a Map's keys. */
const KINDS = new Set(["bool", "int64", "string", "timestamp"]);

interface Places {
  readonly of: ReadonlyMap<Value, number>;
  /** The place of every other value: none where it is undefined or below 0. */
  readonly elsewhere?: number | undefined;
  readonly length: number;
}

function ofVocabulary(text: Operand, name: Operand, scope: CallScope): Places {
  const vocabulary = vocabularyArgument("one_hot", text, name, scope);
  const of = termIndices(vocabulary);
  const elsewhere = vocabulary.outOfVocabulary;
  return { of, elsewhere, length: elsewhere === of.size ? of.size + 1 : of.size };
}

function ofLiterals(x: Operand, values: Operand, { source }: CallScope): Places {
  const known = literalList("one_hot", "values", values, source);
  if (values.type.kind !== "list" || x.type.kind !== values.type.of.kind || !KINDS.has(x.type.kind)) {
    const found = `${showType(x.type)} and ${showType(values.type)}`;
    const message = `one_hot() takes string, int, bool or timestamp and a list of the same, not ${found}`;
    throw source.typeError(x.start, message, conversionHint(x.type, STRING));
  }
  const of = new Map(known.map((value, place) => [value, place]));
  if (of.size < known.length) throw source.typeError(values.start, "one_hot() takes each value once");
  return { of, length: known.length };
}

function oneHot({ operands, start }: CallSite, scope: CallScope): Operand {
  const [x, values] = operands as readonly [Operand, Operand];
  const { of, elsewhere, length } = (values.type.kind === "string" ? ofVocabulary : ofLiterals)(x, values, scope);
  if (length > MAX_ELEMENTS) {
    const message = `one_hot() gives at most ${MAX_ELEMENTS} elements, not ${length}`;
    throw scope.source.typeError(values.start, message, "give the model the index itself: vocabulary_index(x, name)");
  }
  const value = x.evaluate;
  const evaluate: Evaluator = (row, context) => {
    const found = value(row, context);
    if (found === null) return null;
    const out = new Array<number>(length).fill(0);
    const place = of.get(found) ?? elsewhere;
    if (place !== undefined && place >= 0) out[place] = 1;
    return out;
  };
  return folded({ type: { kind: "list", of: DOUBLE }, start, evaluate, length }, [x]);
}

export const oneHotForms: readonly FormEntry[] = [
  {
    name: "one_hot",
    signatures: [
      "one_hot(x: T, values: literal list<T>): list<double>",
      "one_hot(x: string, name: literal vocabulary): list<double>",
    ],
    arity: [2, 2],
    build: oneHot,
  },
];
