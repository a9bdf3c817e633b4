// The page of the function reference, from its data.
import { exampleInputs, type FunctionDoc, functionReference } from "../../../sdk/expressions/index.ts";
import { formatTime } from "../../../sdk/time.ts";

const GROUPS: Readonly<Record<FunctionDoc["group"], string>> = {
  choices: "Nulls and choices",
  numbers: "Numbers",
  vectors: "Vectors",
  encodings: "Inputs of models",
  places: "Places",
  times: "Moments",
  text: "Text",
  conversions: "Conversions",
};

const HEAD = `# The functions of expressions

Made of the data in \`functions/\` by \`vitest run test/sdk/expressions/reference.test.ts -u\`: change it there. Every example
below is run by that test.

- **Types.** \`int\` has 64 bits; \`double\` is an IEEE 754 double, and what is a float32 elsewhere is one here. Where a double is
  taken an int is too, and becomes the nearest double. \`T\` is any type, the same everywhere in a signature. \`numbers\` is a
  vector(n) or a list of doubles, floats or ints. A *literal* is a constant, checked when the expression is registered.
- **Null.** A function of a null is null, but where "Null" says otherwise.
- **Faults.** A fault is a null with status \`TRANSFORM_ERROR\`, counted by feature and code. Doubles have none: they go to the
  infinities and NaN, by IEEE 754. A literal that could only be a fault is refused when it is registered.
- **Bits.** Equal inputs give equal bits in Node, Workers and Chromium: every order of operations below is kept, and the
  transcendental functions are our own. In other browsers upper and lower may follow another version of Unicode.
- **Vectors.** A feature of type vector(n) takes a list of numbers, each rounded to float32: \`value_out_of_range\` where it is
  too large for one. A length that is known beforehand is checked when registered, else another is \`length_mismatch\`.
- **Artifacts.** Scalers and vocabularies are listed by the on-demand view that uses them and kept in its version, at most
  128 KiB of them as JSON; a vocabulary has at most 10,000 different terms of at most 256 UTF-16 units. A look-up costs the
  same however many there are.
`;

const CONTEXT = `## The examples

They read these inputs and artifacts, at ${formatTime(exampleInputs.requestTimeUs)}:

| name | |
|---|---|
${Object.entries(exampleInputs.values)
  .map(([name, value]) => `| \`${name}\` | \`${shownInput(value)}\` |`)
  .join("\n")}
${Object.entries(exampleInputs.artifacts)
  .map(([name, artifact]) => `| \`"${name}"\` | \`${JSON.stringify(artifact)}\` |`)
  .join("\n")}
`;

function shownInput(value: (typeof exampleInputs.values)[keyof typeof exampleInputs.values]): string {
  if (typeof value === "bigint") return `timestamp("${formatTime(value)}")`;
  return typeof value === "number" ? value.toFixed(1) : JSON.stringify(value);
}

/** Returns the page as Markdown. */
export function referencePage(): string {
  const sections = Object.entries(GROUPS).map(([group, title]) => {
    const functions = functionReference.filter((entry) => entry.group === group);
    return `## ${title}\n\n${functions.map(section).join("\n")}`;
  });
  return [HEAD, CONTEXT, ...sections].join("\n");
}

function section({ name, signatures, gives, nulls, faults, examples }: FunctionDoc): string {
  const lines = [
    `### ${name}`,
    "",
    "```",
    ...signatures,
    "```",
    "",
    gives,
    "",
    ...(nulls === undefined ? [] : [`- Null: ${nulls}`]),
    ...(faults === undefined ? [] : [`- Faults: ${faults}`]),
    ...examples.map(([expression, value]) => `- \`${expression}\` → \`${value}\``),
    "",
  ];
  return lines.join("\n");
}
