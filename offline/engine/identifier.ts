// Names in SQL: quoted here and nowhere else.

/** Returns a table's or column's name as SQL reads it, whatever characters it has. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
