// The plain form of artifacts, as snapshots and request bodies hold it, and how large they may be.
import * as z from "zod/mini";
import { nameShape } from "./names.ts";

/** The most terms of a vocabulary, and the most UTF-16 units of one. */
const MAX_TERMS = 10_000;
const MAX_TERM_LENGTH = 256;

/** The most bytes that a view's artifacts may take as JSON: every version of the view holds its own, in one snapshot. */
const MAX_ARTIFACT_BYTES = 131_072;

// What is beyond is a whole number that JSON readers may round.
const number = z.number().check(z.gte(-Number.MAX_SAFE_INTEGER), z.lte(Number.MAX_SAFE_INTEGER));
const description = z.optional(z.string());

const scaler = z.strictObject({
  kind: z.literal("scaler"),
  mean: number,
  stddev: number.check(z.gt(0)),
  description,
});

const term = z.string().check(
  z.maxLength(MAX_TERM_LENGTH),
  z.refine((text) => text.isWellFormed(), "expected valid Unicode, not half a surrogate pair"),
);

const vocabulary = z
  .strictObject({
    kind: z.literal("vocabulary"),
    terms: z.array(term).check(z.minLength(1), z.maxLength(MAX_TERMS), ({ value, issues }) => {
      const seen = new Set<string>();
      for (const [i, text] of value.entries()) {
        if (seen.has(text)) {
          const message = `expected each term once, but ${JSON.stringify(text)} stands here again`;
          issues.push({ code: "custom", input: value, path: [i], message });
          return;
        }
        seen.add(text);
      }
    }),
    /** The index of every other text, -1 to the number of terms; absent: null. */
    outOfVocabulary: z.optional(z.int().check(z.gte(-1))),
    description,
  })
  .check(
    z.refine(({ terms, outOfVocabulary }) => outOfVocabulary === undefined || outOfVocabulary <= terms.length, {
      message: "expected -1 to the number of terms",
      path: ["outOfVocabulary"],
    }),
  );

export const artifactShape = z.discriminatedUnion("kind", [scaler, vocabulary]);

/** The artifacts of one on-demand view, by name. */
export const artifactsShape = z
  .record(nameShape, artifactShape)
  .check(
    z.refine(
      (artifacts) => new TextEncoder().encode(JSON.stringify(artifacts)).length <= MAX_ARTIFACT_BYTES,
      `expected at most ${MAX_ARTIFACT_BYTES} bytes of artifacts as JSON: a text with more values goes by hash_bucket(x, n)`,
    ),
  );
