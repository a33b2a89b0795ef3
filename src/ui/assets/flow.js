// The picture of the flow.

import { byId, draw, make, reconcile, say } from "./dom.js";
import * as words from "./words.js";

const CONDITION = { good: "healthy", unsure: "unknown", bad: "failing" };

function buildStop() {
  return make("li", { class: "stop card" },
    make("p", { class: "label" }, make("span", { class: "dot", "aria-hidden": "true" }), make("span")),
    make("p", { class: "place" }),
    make("p", { class: "count" }),
    make("p", { class: "rate" }),
    make("p", { class: "note" }),
    draw("svg", { viewBox: "0 0 120 30", preserveAspectRatio: "none", "aria-hidden": "true" }));
}

function updateStop(node, stage) {
  const [label, place, number, rate, note, curve] = node.children;
  node.dataset.state = stage.note ? stage.state : "none";
  node.setAttribute("aria-label",
    `${stage.label}: ${stage.more ? "more than " : ""}${words.events(stage.count)}, ${CONDITION[stage.state]}${stage.note ? `, ${stage.note}` : ""}`);
  say(label.lastChild, stage.label);
  say(place, stage.place);
  say(number, `${stage.more ? "> " : ""}${words.count(stage.count)}`);
  say(rate, words.rate(stage.rate));
  say(note, stage.note);
  const key = stage.curve.join();
  if (curve.dataset.key === key) return;
  curve.dataset.key = key;
  const top = Math.max(4, ...stage.curve);
  curve.replaceChildren(
    draw("line", { x1: 0, x2: 120, y1: 29.5, y2: 29.5, "vector-effect": "non-scaling-stroke" }),
    ...stage.curve.flatMap((n, i) => {
      const height = (n / top) * 28;
      return n ? [draw("rect", { x: i * 2 + 0.2, y: 29 - height, width: 1.6, height })] : [];
    }));
}

function buildHop() {
  return make("li", { class: "hop" },
    make("span", { class: "span" }),
    make("span", { class: "rail", "aria-hidden": "true" }, make("i")),
    make("span", { class: "tail" }),
    make("span", { class: "waiting" }));
}

function updateHop(node, stage) {
  const [span, , tail, waiting] = node.children;
  node.classList.toggle("is-moving", stage.rate > 0);
  say(span, stage.latency ? words.duration(stage.latency.p50) : "–");
  const untimed = stage.count > 0 ? "not measured" : "no event yet";
  say(tail, stage.latency ? `p99 ${words.duration(stage.latency.p99)}` : untimed);
  waiting.classList.toggle("is-some", stage.waiting > 0);
  say(waiting, `${words.count(stage.waiting)} waiting`);
}

export function showFlow(picture) {
  const parts = picture.stages.flatMap((stage, i) =>
    i === 0 ? [{ key: stage.hop, stage }] : [{ key: `to-${stage.hop}`, stage, hop: true }, { key: stage.hop, stage }]);
  reconcile(byId("flow"), parts, (part) => part.key,
    (part) => (part.hop ? buildHop() : buildStop()),
    (node, part) => (part.hop ? updateHop : updateStop)(node, part.stage));
  const hint = picture.since ? `Distinct events since ${words.second(picture.since)}` : "Distinct events";
  say(byId("flow-hint"), hint);
  showFacts(picture);
  showHistogram(picture);
}

/** Shows the times from commit to delivery, a column for each class of the API's histogram. */
function showHistogram({ histogram, latency }) {
  const total = histogram.reduce((sum, { count }) => sum + count, 0);
  byId("histogram-card").hidden = total === 0;
  if (total === 0) return;
  const most = Math.max(...histogram.map(({ count }) => count));
  reconcile(byId("histogram"), histogram.map((some, i) => ({ ...some, from: histogram[i - 1]?.to_ms ?? 0 })), (some) => some.from,
    () => make("li", {}, make("span", { class: "many" }), make("span", { class: "bed", "aria-hidden": "true" }, make("i")), make("span", { class: "class" })),
    (node, { from, to_ms: to, count }) => {
      const [many, bar, name] = node.children;
      node.classList.toggle("is-empty", count === 0);
      bar.firstChild.style.setProperty("--share", `${count ? Math.max(2, (count / most) * 100) : 0}%`);
      say(many, count ? words.count(count) : "");
      say(name, to == null ? `> ${words.bound(from)}` : `≤ ${words.bound(to)}`);
      node.setAttribute("aria-label", `${words.events(count)} ${to == null ? `over ${words.bound(from)}` : `up to ${words.bound(to)}`}`);
    });
  say(byId("histogram-hint"), `${words.events(total)} from commit to delivery${latency ? `, median ${words.duration(latency.p50)}, p99 ${words.duration(latency.p99)}` : ""}`);
}

function facts(picture) {
  const { latency, outbox, slots, failures, consumers } = picture;
  const list = [
    { name: "Commit to delivery", value: latency ? words.duration(latency.p50) : "–", more: latency ? `median, p99 ${words.duration(latency.p99)}` : "no event yet" },
    { name: "Dead letters", value: words.count(failures), more: failures ? "see the tab Dead letters" : "none", bad: failures > 0 },
  ];
  if (outbox) {
    list.push({ name: "Outbox rows", value: `${outbox.exact ? "" : "≈ "}${words.count(outbox.rows)}`, more: outbox.uncaptured == null ? "DynamoDB counts every 6 h" : words.bytes(outbox.bytes) });
  }
  if (consumers) {
    const { members } = consumers;
    list.push({ name: "Consumers", value: words.count(members.length), more: members.map(consumer).join("; ") || `start one: ${words.command("consume --exec COMMAND")}`, bad: members.length === 0 });
  }
  for (const slot of slots) {
    const state = slot.active ? "active" : "inactive: no reader";
    const name = slots.length > 1 ? `Slot ${slot.name}` : "Write-ahead log not confirmed";
    list.push({ name, value: words.bytes(slot.lag_bytes), more: state, bad: !slot.active });
  }
  if (outbox && outbox.uncaptured != null && slots.length === 0) {
    list.push({ name: "Replication slot", value: "none", more: `start the capture: ${words.command("dms start")}`, bad: true });
  }
  return list;
}

const consumer = ({ name, shards, renewed_s: age }) =>
  `${name}: ${shards} ${shards === 1 ? "shard" : "shards"}, ${age == null ? "no renewal seen yet" : `renewed ${age} s ago`}`;

function showFacts(picture) {
  reconcile(byId("facts"), facts(picture), (fact) => fact.name,
    (fact) => make("div", {}, make("dt", {}, fact.name), make("dd", {}, make("span"), " ", make("small"))),
    (node, fact) => {
      node.classList.toggle("is-bad", Boolean(fact.bad));
      const [value, more] = node.lastChild.children;
      say(value, fact.value);
      say(more, fact.more);
    });
}
