// Builds the page and follows the live connection.

import { byId, make, reconcile, say } from "./dom.js";
import { beginEvents, sayHowToWrite, setStops, takeTraces } from "./events.js";
import { showFlow } from "./flow.js";
import { showForm } from "./form.js";
import { connect, setComplete } from "./live.js";
import { beginPath } from "./path.js";
import { beginTables } from "./tables.js";
import { beginTabs } from "./tabs.js";
import * as words from "./words.js";

let latest = { stages: [], writable: false, outbox_table: false };
let consumes = false;

beginPath();
beginEvents();
const takeLists = beginTables(() => latest, () => consumes);
beginTabs();

connect({
  pipeline(picture) {
    latest = picture;
    words.leadTo(picture.flags);
    sayHowToWrite();
    byId("main").removeAttribute("aria-busy");
    consumes = picture.stages.some((stop) => stop.hop === "processed");
    setStops(picture.stages);
    showHead(picture);
    const silent = picture.sources.filter((source) => !source.ok);
    setComplete(silent.length === 0);
    showErrors(silent);
    showFlow(picture);
    showForm(picture.form, picture.writable);
  },
  traces: takeTraces,
  lists: takeLists,
});

function showHead(picture) {
  say(byId("pipeline"), picture.pipeline);
  say(byId("title"), picture.title);
  say(byId("version"), `outboxctl ${picture.version}`);
  document.title = `${picture.pipeline} · outboxctl`;
  const chips = [`stage ${picture.stage}`, picture.local ? "local stack" : "AWS", picture.writable ? null : "read-only"];
  reconcile(byId("chips"), chips.filter(Boolean), (chip) => chip, (chip) => make("li", {}, chip), () => {});
}

function showErrors(sources) {
  reconcile(byId("troubles"), sources, (source) => source.name,
    () => make("p", { class: "notice" }),
    (node, source) => say(node, `No answer from the ${source.name}: ${source.error}`));
}
