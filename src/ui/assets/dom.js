// Creates and updates elements. Text is inserted as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export const make = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
export const draw = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);
export const byId = (id) => document.getElementById(id);

/**
 * Sets text only if it differs, so that screen readers and selections are not disturbed. The words of
 * a command do not break at their hyphens.
 */
export function say(node, text) {
  if (node.textContent === text) return;
  const parts = text?.includes("outboxctl ") ? text.split(/(\S*-\S*)/) : [text ?? ""];
  node.replaceChildren(...parts.map((part, i) => (i % 2 ? make("span", { class: "whole" }, part) : part)));
}

/**
 * Makes `parent`'s children match `items`, reusing elements by key, which keeps focus and selection.
 * `build(item)` creates an element, `update(element, item)` updates it.
 */
export function reconcile(parent, items, key, build, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let node = old.get(name);
    if (node) {
      old.delete(name);
    } else {
      node = build(item);
      node.dataset.key = name;
    }
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}
