// Elements by call, and one tree made into another in place: focus, carets and scroll positions survive a change of state.

type Attribute = string | number | boolean | null | undefined;
type Handler = (event: never) => void;
export type Child = Node | string | number | null | undefined | false | readonly Child[];
export type Attributes = Readonly<Record<string, Attribute | Handler>>;

/** What is said by a property rather than an attribute, because users change it. */
const PROPERTIES = new Set(["value", "checked", "indeterminate", "hidden", "disabled"]);

/**
 * Returns an element. `on…` attributes are handlers; null, undefined and false leave an attribute out; `style` is refused, because a
 * content security policy would.
 * @example h("button", { type: "button", onclick: () => run() }, "Run")
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  append(element, children);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Returns an SVG element, as h returns an HTML one. */
export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: Child[]
): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  append(element, children);
  return element;
}

function setAttribute(element: HTMLElement, name: string, value: Attribute | Handler): void {
  if (typeof value === "function" || name.startsWith("on")) (element as never as Record<string, unknown>)[name] = value;
  else if (PROPERTIES.has(name)) (element as never as Record<string, unknown>)[name] = value ?? "";
  else if (value === true) element.setAttribute(name, "");
  else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, child as readonly Child[]);
    else parent.append(typeof child === "number" ? String(child) : (child as Node | string));
  }
}

const HANDLERS = [
  "onclick",
  "onchange",
  "oninput",
  "onkeydown",
  "onsubmit",
  "ontoggle",
  "ondragover",
  "ondragleave",
  "ondrop",
];

/** Makes the children of `root` be `children`, keeping every element that can be kept. */
export function patch(root: Element, ...children: readonly Child[]): void {
  const next = document.createElement("div");
  append(next, children);
  patchChildren(root, next);
}

function patchChildren(old: Element, next: Element): void {
  const wanted = [...next.childNodes];
  for (const [i, node] of wanted.entries()) {
    const current = old.childNodes[i];
    if (current === undefined) old.append(node);
    else if (alike(current, node)) patchNode(current, node);
    else {
      // An element with an id that moved is taken from where it is now.
      const moved = node instanceof Element && node.id !== "" ? childWithId(old, node.id) : undefined;
      if (moved !== undefined && alike(moved, node)) {
        old.insertBefore(moved, current);
        patchNode(moved, node);
      } else if (old.childNodes.length < wanted.length) old.insertBefore(node, current);
      else current.replaceWith(node);
    }
  }
  while (old.childNodes.length > wanted.length) old.lastChild?.remove();
}

function childWithId(parent: Element, id: string): Element | undefined {
  return [...parent.children].find((child) => child.id === id);
}

function alike(a: Node, b: Node): boolean {
  return a.nodeName === b.nodeName && (!(a instanceof Element) || a.id === (b as Element).id);
}

/** An element with `data-key` is left alone while its key stays: a chart, a page of a table. */
function patchNode(old: Node, next: Node): void {
  if (!(old instanceof Element) || !(next instanceof Element)) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
    return;
  }
  const key = next.getAttribute("data-key");
  if (key !== null && key === old.getAttribute("data-key")) return;
  if (key !== null || old.hasAttribute("data-key")) return old.replaceWith(next);
  patchAttributes(old, next);
  patchChildren(old, next);
  patchProperties(old as HTMLInputElement, next as HTMLInputElement);
}

function patchAttributes(old: Element, next: Element): void {
  for (const name of old.getAttributeNames()) {
    // Whether a disclosure is open is its reader's.
    if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const name of HANDLERS) {
    const [from, to] = [next, old] as never as Record<string, unknown>[];
    if (from !== undefined && to !== undefined && from[name] !== to[name]) to[name] = from[name];
  }
}

function patchProperties(old: HTMLInputElement, next: HTMLInputElement): void {
  for (const name of ["checked", "indeterminate", "disabled", "value"] as const) {
    if (name in next && old[name] !== next[name] && !(name === "value" && old.type === "file")) {
      (old as never as Record<string, unknown>)[name] = next[name];
    }
  }
}
