// Why a value is what it is (SEMANTICS 3.1).

export type Status = "PRESENT" | "NULL_VALUE" | "NOT_FOUND" | "OUTSIDE_MAX_AGE" | "STALE" | "TRANSFORM_ERROR";

/** How a view stands for a row as a whole: what `absent` lists when it is not PRESENT. */
export type ReadStatus = "PRESENT" | "NOT_FOUND" | "OUTSIDE_MAX_AGE";
