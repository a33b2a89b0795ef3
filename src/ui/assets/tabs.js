// Tabs as in the ARIA practices: arrow keys, Home and End move; one panel is visible.

import { byId, make, say } from "./dom.js";

const tabs = new Map();

function select(name, focus) {
  for (const [other, { tab, panel }] of tabs) {
    const chosen = other === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    panel.hidden = !chosen;
    if (chosen && focus) tab.focus();
  }
  history.replaceState(null, "", `#${name}`);
}

function move(event) {
  const names = [...tabs.keys()].filter((name) => !tabs.get(name).tab.hidden);
  const now = names.findIndex((name) => tabs.get(name).tab === event.currentTarget);
  const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  select(names[(to + names.length) % names.length], true);
}

/** Adds a tab with its panel; returns the panel. */
export function addTab(name, label) {
  const number = make("span", { class: "number" });
  const tab = make("button", {
    type: "button", role: "tab", class: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`,
    onclick: () => select(name, false), onkeydown: move,
  }, label, " ", number);
  const panel = make("div", {
    role: "tabpanel", class: "panel card", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: "0", hidden: true,
  });
  byId("tabs").append(tab);
  byId("panels").append(panel);
  tabs.set(name, { tab, panel, number });
  return panel;
}

export const numberTab = (name, text) => say(tabs.get(name).number, text);
export const offerTab = (name, offered) => { tabs.get(name).tab.hidden = !offered; };

/** Shows the tab named in the address, or the first. */
export function beginTabs() {
  const wanted = location.hash.slice(1);
  select(tabs.has(wanted) ? wanted : tabs.keys().next().value, false);
}
