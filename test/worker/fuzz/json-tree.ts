// JSON as text may have it, and no value can: members twice, numbers beyond doubles, half surrogates, what is no JSON at all.

/** Written as it is. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text.length > 80 ? `${this.text.slice(0, 80)}…` : this.text;
  }
}

/** An object: its members in order, also such as have one name, or are called __proto__. */
export class Members {
  readonly entries: readonly (readonly [name: string, value: Tree])[];
  constructor(entries: readonly (readonly [string, Tree])[]) {
    this.entries = entries;
  }
}

export type Tree = null | boolean | number | string | Raw | Members | readonly Tree[];

/** Returns a tree of a plain value. */
export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value === "bigint") return new Raw(String(value));
  if (typeof value !== "object" || value === null || value instanceof Raw || value instanceof Members)
    return value as Tree;
  return new Members(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, treeOf(member)]),
  );
}

export function textOf(tree: Tree): string {
  if (tree instanceof Raw) return tree.text;
  if (tree instanceof Members)
    return `{${tree.entries.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(",")}}`;
  if (Array.isArray(tree)) return `[${(tree as readonly Tree[]).map(textOf).join(",")}]`;
  return JSON.stringify(tree);
}

/** What a mutation does at a place; `value` is put there, or used as a name. */
export interface Mutation {
  readonly kind: "value" | "replace" | "delete" | "rename" | "duplicate" | "add" | "wrap" | "repeat";
  /** Chooses the place: a number, taken modulo how many places there are. */
  readonly at: number;
  readonly value: Tree;
  readonly name: string;
}

/** Returns a tree with a mutation somewhere in it. */
export function mutated(tree: Tree, mutation: Mutation): Tree {
  const isPlace = (node: Tree) => mutation.kind !== "value" || !isContainer(node);
  let place = mutation.at % Math.max(1, countOf(tree, isPlace));
  const visit = (node: Tree): Tree => {
    if (isPlace(node) && place-- === 0) return changed(node, mutation);
    if (node instanceof Members) return new Members(node.entries.map(([name, value]) => [name, visit(value)] as const));
    if (Array.isArray(node)) return (node as readonly Tree[]).map(visit);
    return node;
  };
  return visit(tree);
}

function isContainer(node: Tree): boolean {
  return node instanceof Members || Array.isArray(node);
}

function countOf(node: Tree, isCounted: (node: Tree) => boolean): number {
  const inside =
    node instanceof Members
      ? node.entries.map(([, value]) => value)
      : Array.isArray(node)
        ? (node as readonly Tree[])
        : [];
  return inside.reduce<number>((sum, part) => sum + countOf(part, isCounted), isCounted(node) ? 1 : 0);
}

function changed(node: Tree, { kind, at, value, name }: Mutation): Tree {
  if (kind === "wrap") return [node];
  if (kind === "repeat")
    return Array.isArray(node) ? Array.from({ length: 40 }, () => node as readonly Tree[]).flat() : [node, node];
  if (node instanceof Members) {
    const { entries } = node;
    const i = entries.length === 0 ? 0 : at % entries.length;
    if (kind === "delete") return new Members(entries.filter((_, index) => index !== i));
    if (kind === "rename") return new Members(entries.map((entry, index) => (index === i ? [name, entry[1]] : entry)));
    if (kind === "duplicate" && entries.length > 0) return new Members([...entries, entries[i] as [string, Tree]]);
    if (kind === "add") return new Members([...entries, [name, value]]);
  } else if (Array.isArray(node)) {
    const list = node as readonly Tree[];
    if (kind === "delete") return list.slice(1);
    if (kind === "duplicate" && list.length > 0) return [...list, list[0] as Tree];
    if (kind === "add") return [...list, value];
  }
  return value;
}
