// The newest events, each with its last step.

import { make, reconcile, say } from "./dom.js";
import { openPath } from "./path.js";
import { table } from "./tables.js";
import { addTab, numberTab } from "./tabs.js";
import * as words from "./words.js";

const SHOWN = 100;
const KEPT = 500;
/** Maximum events that a new connection receives first (`http::api::EVENTS`). */
const SENT = 200;
const traces = new Map();
/** The trace of each row. */
const shown = new WeakMap();
let stops = [];
let body;
let began = false;

export function beginEvents() {
  body = table(addTab("events", "Events"), "The newest events and the steps of each; choose one for its whole path",
    ["Committed", "Event", "Aggregate", "Path", "Duration"], "No event yet.");
}

export function sayHowToWrite() {
  body.sayEmpty(`No event yet. Write one: ${words.command("sample insert")}`);
}

export function setStops(stages) {
  stops = stages;
}

export function takeTraces(list) {
  for (const trace of list) traces.set(trace.id, trace);
  const order = (a, b) => (a === b ? 0 : a < b ? 1 : -1);
  const sorted = [...traces.values()].sort((a, b) => order(begun(a), begun(b)) || order(a.id, b.id));
  for (const trace of sorted.slice(KEPT)) traces.delete(trace.id);
  reconcile(body.rows, sorted.slice(0, SHOWN), (trace) => trace.id, build, update);
  body.show(sorted.length > 0);
  numberTab("events", sorted.length >= SENT ? `${SENT}+` : String(sorted.length));
  began = true;
}

const begun = (trace) => trace.committed ?? trace.stream ?? trace.delivered ?? trace.failed ?? "";

function build(trace) {
  const [first, ...rest] = body.cells();
  const open = make("button", { type: "button", class: "open", onclick: () => openPath(trace.id, stops) });
  rest[0].append(open);
  rest[1].append(make("span", {}, make("span"), " ", make("span", { class: "mono id" }), " ", make("span", { class: "number" })));
  rest[2].append(make("span", { class: "steps", role: "img" }));
  rest[3].append(make("span", { class: "number" }));
  first.classList.add("time");
  first.append(make("span"));
  return make("tr", { class: began ? "row-new" : "" }, first, ...rest);
}

function update(row, trace) {
  // A changed trace is a new object.
  if (shown.get(row) === trace) return;
  shown.set(row, trace);
  const [at, event, aggregate, way, took] = row.children;
  say(at.firstChild, words.time(begun(trace)));
  say(event.firstChild, trace.event_type ?? trace.id);
  const [kind, id, sequence] = aggregate.firstChild.children;
  say(kind, trace.aggregate_type ?? "");
  say(id, trace.aggregate_id ?? "");
  id.title = trace.aggregate_id ?? "";
  say(sequence, trace.sequence == null ? "" : `#${trace.sequence}`);
  showPath(way.firstChild, trace);
  const repeats = trace.redelivered ? `, ${trace.redelivered + 1} times` : "";
  const end = trace.delivered ? words.duration(words.since(trace.committed, trace.delivered)) + repeats : "…";
  say(took.firstChild, hasFailed(trace) ? "failed" : end);
}

/** A failed event that was sent again may have arrived. */
const hasFailed = (trace) => trace.failed && !trace.delivered;

function showPath(steps, trace) {
  const passed = stops.filter((stop) => reached(trace, stop.step));
  const last = passed.at(-1)?.label ?? "not seen";
  steps.setAttribute("aria-label", hasFailed(trace) ? `failed after: ${last}` : `reached: ${last}`);
  const classes = stops.map((stop) => {
    if (stop.step === "delivered" && hasFailed(trace)) return "is-failed";
    return reached(trace, stop.step) ? "is-done" : "";
  });
  const key = classes.join();
  if (steps.dataset.way === key) return;
  steps.dataset.way = key;
  steps.replaceChildren(...classes.map((name) => make("span", { class: name })));
}

/** A later step implies the ones before it. */
function reached(trace, step) {
  const order = ["committed", "captured", "stream", "delivered"];
  return order.slice(order.indexOf(step)).some((later) => trace[later]);
}
