// The lists of rows: outbox, people, processed log, dead letters.

import { make, reconcile, say } from "./dom.js";
import { ask, openPath, showDialog } from "./path.js";
import { addTab, numberTab, offerTab } from "./tabs.js";
import * as words from "./words.js";

/** Maximum rows that the server sends of a list (`model::tables::ROWS`). */
const ROWS = 100;

/** Creates an empty table in `panel`; its cells carry their column's name for narrow screens. */
export function table(panel, caption, columns, empty) {
  const rows = make("tbody");
  const heads = columns.map((name) => make("th", { scope: "col" }, name));
  const full = make("table", { hidden: true }, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...heads)), rows);
  const nothing = make("p", { class: "empty" }, empty);
  panel.append(full, nothing);
  return {
    rows,
    cells: () => heads.map((head) => make("td", { "data-label": head.textContent })),
    /** `note` is shown below the rows. */
    show: (some, note = "") => {
      full.hidden = !some;
      nothing.hidden = some && note === "";
      say(nothing, note || empty);
    },
    /** Renames a column; only before the first row. */
    rename: (column, name) => say(heads[columns.indexOf(column)], name),
    sayEmpty: (text) => say(nothing, empty = text),
  };
}

/** Creates a list from columns of name, kind and text; the kind selects the presentation. */
function list(name, label, caption, empty, key, columns) {
  const body = table(addTab(name, label), caption, columns.map((column) => column.name), empty);
  const build = (row) => make("tr", {}, ...body.cells().map((cell, i) => {
    cell.className = { time: "time", wide: "wide" }[columns[i].kind] ?? "";
    cell.append(kinds[columns[i].kind ?? "text"](columns[i], row));
    return cell;
  }));
  const update = (node, row) => columns.forEach((column, i) => {
    const shown = node.children[i].firstChild;
    const text = column.text(row);
    say(shown, text);
    if (column.kind === "id") shown.title = text;
    if (column.kind === "status") shown.dataset.status = column.status(row);
  });
  const show = (rows, note) => {
    reconcile(body.rows, rows, key, build, update);
    body.show(rows.length > 0, note);
    numberTab(name, rows.length >= ROWS ? `${ROWS}+` : String(rows.length));
  };
  return Object.assign(show, { rename: body.rename, sayEmpty: body.sayEmpty });
}

const kinds = {
  text: () => make("span"),
  time: () => make("span"),
  id: () => make("span", { class: "mono id" }),
  wide: () => make("span", { class: "mono excerpt" }),
  status: () => make("span", { class: "badge" }),
  open: (column, row) => make("button", { type: "button", class: column.short ? "open mono short" : "open", onclick: () => column.open(row) }),
};

/** `about()` is the newest picture of the pipeline; `consumes()` returns whether a consumer marks events in the database. */
export function beginTables(about, consumes) {
  const stops = () => about().stages;
  const path = (id) => openPath(id, stops());
  const outbox = list("outbox", "Outbox", "The newest rows of the outbox table", "The outbox is empty.", (row) => row.id, [
    { name: "Id", kind: "open", short: true, text: (row) => row.id.slice(0, 8), open: (row) => path(row.id) },
    { name: "Status", kind: "status", text: (row) => words.STATUS[row.status], status: (row) => row.status },
    { name: "Event", text: (row) => row.event_type },
    { name: "Message", kind: "wide", text: (row) => row.message },
    { name: "Created", kind: "time", text: (row) => words.time(row.created_at) },
    { name: "Processed", kind: "time", text: (row) => words.time(row.processed_at ?? row.delivered_at) },
  ]);
  const people = list("people", "People", "The newest people", "No people yet.", (row) => row.id, [
    { name: "Name", text: (row) => row.name },
    { name: "Email", text: (row) => row.email },
    { name: "Id", kind: "id", text: (row) => row.id },
    { name: "Created", kind: "time", text: (row) => words.time(row.created_at) },
  ]);
  const processed = list("processed", "Processed", "Events processed by consumers, newest first",
    "No event was processed yet.", (row) => `${row.consumer}/${row.event_id}`, [
      { name: "Processed", kind: "time", text: (row) => words.time(row.processed_at) },
      { name: "Event", kind: "open", text: (row) => row.event_type, open: (row) => path(row.event_id) },
      { name: "Aggregate", kind: "id", text: (row) => row.aggregate_id },
      { name: "Sequence", text: (row) => (row.sequence == null ? "" : `#${row.sequence}`) },
      { name: "Result", kind: "status", text: (row) => (row.succeeded ? "processed" : "failed"), status: (row) => (row.succeeded ? "processed" : "failed") },
      { name: "After commit", text: (row) => words.duration(words.since(row.committed_at, row.processed_at)) },
      { name: "Consumer", text: (row) => `${row.consumer}, ${row.shard_id}` },
    ]);
  const dead = list("dead-letters", "Dead letters", "Events and records that could not be delivered, with their payload", "No dead letters.", (row) => row.key, [
    { name: "When", kind: "time", text: (row) => words.time(row.at) },
    { name: "Event", kind: "open", text: (row) => row.name, open: (row) => openLetter(row, about().writable) },
    { name: "Aggregate", kind: "id", text: (row) => row.aggregate ?? "–" },
    { name: "Reason", kind: "wide", text: (row) => row.reason ?? "see its document" },
    { name: "Payload", kind: "wide", text: (row) => row.excerpt ?? "not text" },
  ]);
  return (lists) => {
    offerTab("outbox", about().outbox_table);
    outbox.rename("Processed", consumes() ? "Processed" : "Delivered");
    outbox.sayEmpty(about().outbox?.rows > 0 ? "No recent rows." : "The outbox is empty.");
    if (lists.outbox) outbox(lists.outbox);
    // The rest changes together.
    if (!lists.dead_letters) return;
    offerTab("people", consumes() || lists.people?.length > 0);
    people(lists.people ?? []);
    offerTab("processed", consumes() || lists.processed?.length > 0);
    processed.sayEmpty(`No event was processed yet. Start a consumer: ${words.command("consume --exec COMMAND")}`);
    processed(lists.processed ?? []);
    const { objects, records, queued, total } = lists.dead_letters;
    const waiting = queued > 0 ? `${queued} behind the bus, in failure queues: ${words.command("dlq list")}` : "";
    dead([...objects.map(ofObject), ...records.map(ofRecord)], waiting);
    numberTab("dead-letters", String(total));
  };
}

/** Returns the name of a letter: its event, if known, or its id. */
const called = ({ event_type: type, sequence }, otherwise) => (type ? [type, sequence != null && `#${sequence}`].filter(Boolean).join(" ") : otherwise);
const ofObject = (row) => ({ ...row, name: called(row, row.id) });
const ofRecord = (row) => {
  const event = eventOf(row.payload);
  return {
    ...row, key: `outbox_failures/${row.id}`, at: row.failed_at, name: called(event, `record ${row.id}`), excerpt: row.payload.slice(0, 300),
    aggregate: event.aggregate_id == null ? null : `${event.aggregate_type}/${event.aggregate_id}`,
  };
};

/** Returns the outbox row in a record of DMS; empty if the record is something else, or truncated. */
function eventOf(record) {
  try {
    return JSON.parse(record)?.data ?? {};
  } catch {
    return {};
  }
}

async function openLetter(row, writable) {
  const again = writable ? redrive(row) : null;
  const heading = make("h3", {}, "Payload");
  if (row.payload != null) {
    return showDialog(row.name, make("p", { class: "notice" }, row.reason), whichEvent(row), again, make("section", {}, heading, make("pre", {}, words.pretty(row.payload))));
  }
  const answer = await ask(`/api/dead-letters/object?key=${encodeURIComponent(row.key)}`);
  if (!answer.ok) return showDialog(row.name, make("p", {}, answer.problem));
  const { payload, document } = answer.data;
  const text = payload?.text ?? (payload?.base64 && `base64: ${payload.base64}`);
  showDialog(row.name,
    make("p", { class: "notice" }, row.reason ?? "no reason"),
    whichEvent(row),
    again,
    text == null ? null : make("section", {}, heading, make("pre", {}, words.pretty(text))),
    make("section", {}, make("h3", {}, "Document"), make("pre", {}, words.pretty(document))));
}

/** Shows the event, and its names in commands. */
function whichEvent(row) {
  const known = [["Event id", row.event_id], ["Aggregate", row.aggregate], ["Stored as", row.key]].filter(([, value]) => value != null);
  return make("dl", { class: "pairs" }, ...known.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
}

/** Creates a button that sends the letter again, and shows the outcome. */
function redrive(row) {
  const said = make("p", { role: "status" });
  const button = make("button", { type: "button", class: "primary", onclick: async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    say(said, "Sending…");
    const answer = await ask("/api/dead-letters/redrive", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ key: row.key }),
    });
    said.classList.toggle("is-bad", !answer.ok);
    say(said, answer.ok ? "Sent again, and removed from the list." : `Not sent: ${answer.problem}`);
    if (!answer.ok) button.removeAttribute("aria-disabled");
  } }, "Send again");
  return make("div", { class: "redrive" }, button, said);
}
