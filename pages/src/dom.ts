// Building elements. Text only ever becomes text nodes and attributes, so no word of a case can act as markup.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void) | null | undefined>;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

export function section(id: string, title: string, lead: string, ...children: Child[]): HTMLElement {
  return el("section", { id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, title), lead && el("p", { class: "lead" }, lead), ...children);
}

export function table(caption: string, heads: string[], rows: (Child | HTMLElement)[][], numeric: number[] = []): HTMLElement {
  const cell = (tag: "th" | "td", child: Child, i: number) =>
    el(tag, { class: numeric.includes(i) && "num", scope: tag === "th" && "col" }, child);
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "quiet" }, caption),
      el("thead", {}, el("tr", {}, ...heads.map((h, i) => cell("th", h, i)))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((c, i) => cell("td", c, i)))))));
}
