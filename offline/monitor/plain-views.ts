// Views with a query of their own, as views of the rows that it makes: so that an audit can turn the time of any view around.
import type { Table } from "apache-arrow";
import type { ViewRead } from "../../sdk/plan/index.ts";
import type { Snapshot, SourceSpec } from "../../sdk/registry/index.ts";
import { type Engine, exclusively } from "../engine/index.ts";
import { type OnBadRows, SetAside } from "../join/bad-rows.ts";
import { type ReadSource, sourceColumns, sourceTable } from "../join/source-rows.ts";
import { viewRows } from "../join/view-rows.ts";

export interface PlainViews {
  readonly snapshot: Snapshot;
  readonly readSource: ReadSource;
  /** The source of every view that is read, once. */
  readonly sources: readonly SourceSpec[];
}

/** Returns the same views without queries: what these make is computed here, once, and held. */
export async function plainViews(
  reads: readonly ViewRead[],
  snapshot: Snapshot,
  readSource: ReadSource,
  { engine, onBadRows }: { engine: Engine; onBadRows: OnBadRows | undefined },
): Promise<PlainViews> {
  const plain = structuredClone(snapshot);
  const made = new Map<string, Table>();
  const sources = new Map<string, SourceSpec>();
  for (const { view, version, spec } of reads) {
    const { select, ...rest } = spec;
    const source = select === undefined ? spec.source : { ...spec.source, name: `${view}@${version}` };
    sources.set(source.name, source);
    if (select === undefined || made.has(source.name)) continue;
    const given = sourceTable(await readSource(spec.source, sourceColumns([spec])));
    const aside = onBadRows === "quarantine" ? new SetAside() : null;
    const { table } = await exclusively(engine, () => viewRows(engine, view, spec, given, { aside }));
    made.set(source.name, table);
    const entry = plain.views[view]?.versions[String(version)];
    if (entry !== undefined) entry.spec = { ...rest, source };
  }
  return {
    snapshot: plain,
    readSource: async (source, columns, range) => made.get(source.name) ?? readSource(source, columns, range),
    sources: [...sources.values()],
  };
}
