// Collects the rows of one finding: all are counted, the first few are kept.
import type { AuditCode, AuditedRow, AuditFinding, AuditSeverity } from "./audit-report.ts";

const KEPT_ROWS = 5;

export interface FindingText {
  readonly severity: AuditSeverity;
  readonly code: AuditCode;
  readonly column: string | null;
  readonly message: string;
  readonly hint: string;
}

export class RowsFound {
  rows = 0;
  readonly #first: AuditedRow[] = [];

  /** Counts a row; `show` is asked only for the first ones. */
  add(show: () => AuditedRow): void {
    if (this.rows++ < KEPT_ROWS) this.#first.push(show());
  }

  /** Returns the finding, `of` being how many rows were looked at; none where no row was found. */
  finding(of: number, text: (rows: number) => FindingText): AuditFinding[] {
    return this.rows === 0 ? [] : [{ ...text(this.rows), rows: this.rows, of, first: this.#first }];
  }
}
