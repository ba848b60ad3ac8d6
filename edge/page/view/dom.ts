/** Makes elements. Strings become text: nothing on the page parses HTML. */

type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return filled(document.createElement(name), attributes, children);
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function filled<Any extends Element>(one: Any, attributes: Attributes, children: readonly Child[]): Any {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) one.setAttribute(name, String(value));
  }
  one.append(...children.filter((child) => child !== undefined));
  return one;
}

/** @throws Error when the page has no such element. */
export function byId<Any extends HTMLElement = HTMLElement>(id: string): Any {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as Any;
}

/** Adds or removes children of `list` until there are `count`. Others stay and keep the focus. @returns all children. */
export function fitted(list: HTMLElement, count: number, make: () => HTMLElement): HTMLElement[] {
  while (list.childElementCount > count) list.lastElementChild?.remove();
  while (list.childElementCount < count) list.append(make());
  return [...list.children] as HTMLElement[];
}

/** Makes an element that can be walked or scrolled reachable by Tab, with a name for screen readers. */
export function makeFocusable(one: HTMLElement, role: 'group' | 'region', name: string): void {
  one.tabIndex = 0;
  one.role = role;
  one.ariaLabel = name;
}

/** Rounds to tenths of a pixel, the finest that is visible. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
