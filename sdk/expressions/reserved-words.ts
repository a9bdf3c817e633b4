// The words that no name in an expression may be.

/** Those that have no meaning there, or one that a name would hide; and two that JavaScript's objects have. */
export const RESERVED_WORDS: readonly string[] =
  "as break const continue else for function if import let loop package namespace return var void while __proto__ prototype".split(
    " ",
  );

/** Those that have a meaning of their own. */
export const KEYWORDS: readonly string[] = ["true", "false", "null", "in"];
