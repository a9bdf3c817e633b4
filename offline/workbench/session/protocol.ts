// What the page asks of the worker that holds the data, and what it answers: plain data, so that it can be posted.
import type { AuditReport } from "../../monitor/audit-report.ts";
import type { Snapshot } from "../../../sdk/registry/index.ts";
import type { Us } from "../../../sdk/time.ts";
import type { OwnView } from "./own-view.ts";
import type { ColumnProfile } from "./profile.ts";

/** A file's bytes, and what it is called: dropped on the page, kept from the last visit, or served by `edgefeat workbench`. */
export interface DataInput {
  readonly name: string;
  readonly data: Blob | { readonly url: string };
}

export interface FileColumn {
  readonly name: string;
  /** A type name as in definitions; null for a type that no feature can have. */
  readonly type: string | null;
}

export interface FileFacts {
  readonly columns: readonly FileColumn[];
  /** null where only reading it all would tell. */
  readonly rows: number | null;
  /** True where the file has no types of its own and `columns` tells what its first rows look like. */
  readonly guessed: boolean;
  /** What the file says of itself, such as the features that a training set holds. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Which features, of which definitions. */
export interface Ask {
  readonly snapshot: Snapshot;
  readonly service: string | null;
  readonly features: readonly string[];
  /** The module with the definitions' TypeScript transforms; null where there is none. */
  readonly transformsUrl: string | null;
}

/** How a training set is built. */
export interface JoinChoices {
  readonly entityTime: string;
  readonly embargoUs: Us;
  /** true: at t′; a name: at that column's times; null: whatever was known. */
  readonly asKnownAt: string | true | null;
  readonly fullNames: boolean;
  /** Rows without a readable time are set aside instead of an error. */
  readonly setAside: boolean;
}

export interface PlannedRead {
  readonly label: string;
  readonly view: string;
  readonly version: number;
  readonly kind: "stored" | "aggregated";
  readonly fingerprint: string;
  readonly source: string;
  readonly format: string;
  readonly path: string;
  readonly eventTime: string | null;
  /** Join key of the view, column of the entity rows, type. */
  readonly keys: readonly { readonly key: string; readonly column: string; readonly type: string }[];
  /** null: for ever; aggregated views have windows instead. */
  readonly ttlUs: Us | null;
  readonly features: readonly {
    readonly name: string;
    readonly type: string;
    /** The function and its window; null for a stored feature. */
    readonly how: string | null;
    /** null: without a bound, and for a stored feature. */
    readonly windowUs: Us | null;
  }[];
  /** Columns read of the source; null: all. */
  readonly columns: readonly string[] | null;
  /** The view's own query over its source, where it has one. */
  readonly select: string | null;
}

export interface PlannedStep {
  readonly label: string;
  readonly version: number;
  readonly features: readonly { readonly name: string; readonly type: string; readonly expression: string | null }[];
}

export interface PlanFacts {
  readonly reads: readonly PlannedRead[];
  readonly steps: readonly PlannedStep[];
  /** What the entity rows must have, besides their time. */
  readonly needs: readonly {
    readonly name: string;
    readonly type: string;
    readonly what: "join key" | "request data";
  }[];
  readonly outputs: readonly {
    readonly reference: string;
    readonly label: string;
    readonly feature: string;
    readonly type: string;
  }[];
  /** The hash of the definitions. */
  readonly registry: string;
}

export interface ResultColumn {
  readonly name: string;
  /** As Arrow or as definitions say it. */
  readonly type: string;
  readonly role: "entity" | "feature" | "provenance";
  readonly nulls: number;
  /** Numbers and times align right. */
  readonly align: "start" | "end";
  /** Features: as asked for. */
  readonly reference: string | null;
}

export interface ReadView {
  readonly view: string;
  readonly version: number;
  readonly matched: number;
  readonly candidates: number;
  readonly ambiguousTies: number;
  readonly seconds: number;
}

export interface ResultFacts {
  readonly rows: number;
  readonly columns: readonly ResultColumn[];
  readonly views: readonly ReadView[];
  /** Rows that were set aside, by what they belong to. */
  readonly setAside: readonly { readonly of: string; readonly rows: number }[];
  /** What to know before trusting the result: ties, rounding, faults. */
  readonly remarks: readonly string[];
  readonly seconds: number;
  /** "duckdb-wasm 1.4.3". */
  readonly engine: string;
}

/** A cell as shown: null for a null. */
export type Cell = string | null;

export interface Page {
  readonly from: number;
  /** By row, then column. */
  readonly rows: readonly (readonly Cell[])[];
}

/** How old the values of a view were at their rows' times. */
export interface Ages {
  readonly view: string;
  /** The features that share these times. */
  readonly features: readonly string[];
  readonly ttlUs: Us | null;
  readonly rows: number;
  /** Rows without a value. */
  readonly missing: number;
  readonly minUs: Us;
  readonly medianUs: Us;
  readonly p95Us: Us;
  readonly maxUs: Us;
  readonly bins: readonly { readonly x1: Us; readonly x2: Us; readonly n: number }[];
}

export type ExportFormat = "parquet" | "arrow" | "csv";

export interface Stage {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** A source's file and how it is read. */
export interface JoinInput {
  readonly ask: Ask;
  readonly choices: JoinChoices;
  readonly entities: DataInput;
  readonly sources: Readonly<Record<string, DataInput>>;
  /** The command line that makes the same; "" where there is none. */
  readonly command: string;
}

export interface AuditInput {
  readonly file: DataInput;
  readonly entityTime: string;
  readonly embargoUs: Us;
  readonly label: string | null;
  readonly labelTime: string | null;
  /** Columns that hold event times. */
  readonly eventTimes: readonly string[];
  /** Absent: times alone are looked at. */
  readonly definitions: { readonly ask: Ask; readonly sources: Readonly<Record<string, DataInput>> } | null;
}

/** The calls that the worker answers; each may be cancelled, and the long ones tell their progress. */
export interface SessionCalls {
  inspect(input: DataInput): FileFacts;
  checkRegistry(text: string): { snapshot: Snapshot; registry: string };
  ownView(form: OwnView): { snapshot: Snapshot; code: string };
  plan(ask: Ask): PlanFacts;
  join(input: JoinInput): ResultFacts;
  page(range: { from: number; count: number; columns: readonly string[] }): Page;
  profiles(columns: readonly string[]): ColumnProfile[];
  ages(): Ages[];
  auditResult(label: { column: string | null; time: string | null }): AuditReport;
  audit(input: AuditInput): AuditReport;
  /** Starts the engine, which takes a while, before it is needed. */
  warm(): void;
  /** Rows that were set aside, as CSV. */
  exportSetAside(of: string): Blob;
  exportAs(how: { format: ExportFormat; provenance: boolean }): Blob;
}
