// Transcendental functions with the same bits in every engine (SEMANTICS 5.1); engines' own Math.sin, … differ.
export { atan2 } from "./arctangent.ts";
export { exp } from "./exponential.ts";
export { ln, log10, log1p } from "./logarithm.ts";
export { pow } from "./power.ts";
export { cos, sin, tan } from "./trigonometry.ts";
