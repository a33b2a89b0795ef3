// The whole path of an event, in a dialog.

import { byId, draw, make } from "./dom.js";
import * as words from "./words.js";

const NAMES = {
  shard: "Shard", sequence_number: "Sequence number", partition_key: "Partition key", stream_position: "Stream position",
  traceparent: "Trace", bus_event_id: "Id on the bus", consumer: "Consumer", attempts: "Attempts",
};

export function beginPath() {
  const dialog = byId("path");
  byId("path-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

/** Shows text and elements in the dialog. */
export function showDialog(title, ...parts) {
  byId("path-title").textContent = title;
  byId("path-body").replaceChildren(...parts.filter(Boolean));
  const dialog = byId("path");
  if (!dialog.open) dialog.showModal();
  byId("path-body").scrollTop = 0;
}

export async function openPath(id, stops) {
  const answer = await ask(`/api/traces/${encodeURIComponent(id)}`);
  if (!answer.ok) return showDialog("Event", make("p", {}, answer.problem));
  const trace = answer.data;
  const title = [trace.event_type ?? "Event", trace.aggregate_type, trace.sequence && `#${trace.sequence}`];
  showDialog(title.filter(Boolean).join(" "), way(trace, stops), pairs(trace),
    section("Payload", make("pre", {}, trace.detail.payload ? words.pretty(trace.detail.payload) : "not seen yet")));
}

/** Returns JSON of this server, or the problem as text. */
export async function ask(address, options) {
  try {
    const response = await fetch(address, options);
    const data = await response.json();
    return response.ok ? { ok: true, data } : { ok: false, data, problem: data.detail ?? `Error ${response.status}` };
  } catch {
    return { ok: false, data: {}, problem: "The page's server does not respond." };
  }
}

function section(title, ...parts) {
  return make("section", {}, make("h3", {}, title), ...parts);
}

/** Shows each hop with its share of the whole time, as a bar that starts at the end of the previous one. */
function way(trace, stops) {
  const list = stops.map((stop) => ({ ...stop, at: trace[stop.step], rounded: stop.step === "stream" && trace.stream_rounded }));
  const failedStop = { label: "Failed", place: "failure destination", at: trace.failed, failed: true };
  // An event that was sent again continued from there.
  if (trace.failed && trace.delivered) list.splice(-1, 0, failedStop);
  else if (trace.failed) list[list.length - 1] = failedStop;
  const times = list.filter((stop) => stop.at && !stop.rounded).map((stop) => stop.at);
  const whole = Math.max(0.001, words.since(times[0], times.at(-1)) ?? 0);
  let before = null;
  const items = list.map((stop, place) => {
    const passed = list.slice(place + 1).some((later) => later.at);
    const measured = before && stop.at && !stop.rounded;
    const took = measured ? words.since(before, stop.at) : null;
    const start = measured ? words.since(times[0], before) : 0;
    before = stop.rounded ? before : stop.at ?? before;
    return item(stop, passed, took, (start / whole) * 100, ((took ?? 0) / whole) * 100);
  });
  const total = trace.delivered ? words.duration(words.since(trace.committed, trace.delivered)) : null;
  const failure = trace.failure ? make("p", { class: "notice" }, trace.failure) : null;
  return section(total ? `Path: ${total} from commit to delivery` : "Path: not delivered yet", make("ol", { class: "way" }, ...items), failure);
}

function item(stop, passed, took, start, width) {
  const missing = !stop.at;
  const untimed = stop.rounded || (missing && passed) ? "passed" : missing ? "not yet" : "";
  const shown = took == null ? untimed : `+${words.duration(took)}`;
  const when = stop.rounded ? `${words.second(stop.at)}, to the second` : words.time(stop.at);
  return make("li", { class: stop.failed ? "is-failed" : missing && !passed ? "is-missing" : "" },
    make("span", { class: "what" }, stop.label),
    draw("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
      draw("rect", { class: "bed", x: 0, y: 3, width: 100, height: 2 }),
      draw("rect", { class: "bar", x: Math.min(start, 99.2), y: 0, width: Math.max(missing || stop.rounded ? 0 : 0.8, width), height: 8 })),
    make("span", { class: "took" }, shown),
    make("span", { class: "when" }, missing ? stop.place : `${stop.place}, ${when}`));
}

function pairs(trace) {
  const known = [["Event id", trace.id], ["Aggregate", trace.aggregate_id],
    ...Object.entries(NAMES).map(([key, name]) => [name, trace.detail[key]])];
  const rows = known.filter(([, value]) => value != null).flatMap(([name, value]) => [
    make("dt", {}, name), make("dd", {}, String(value))]);
  return section("Positions", make("dl", { class: "pairs" }, ...rows));
}
