// Functions that choose what to evaluate: the places where a null can stop.
import { choice, coalesce, isNull } from "../logic.ts";
import type { Operand } from "../operand.ts";
import type { FormEntry } from "./entry.ts";

export const choiceForms: readonly FormEntry[] = [
  {
    name: "is_null",
    signatures: ["is_null(x: any): bool"],
    arity: [1, 1],
    build: ({ operands, start }, { source }) => isNull(operands[0] as Operand, start, source),
  },
  {
    name: "coalesce",
    signatures: ["coalesce(x: T, y: T, …): T"],
    arity: [2, Infinity],
    build: ({ operands, start }, { source }) => coalesce(operands, start, source),
  },
  {
    name: "if",
    signatures: ["if(condition: bool, yes: T, no: T): T"],
    arity: [3, 3],
    build: ({ operands, start }, { source }) => {
      const [condition, yes, no] = operands as readonly [Operand, Operand, Operand];
      return { ...choice(condition, yes, no, source, "if()"), start };
    },
  },
];
