// The live connection. The browser reconnects by itself; a server that answers with an error is tried again here.

import { byId, say } from "./dom.js";
import * as words from "./words.js";

const names = { live: "Live", wait: "Reconnecting…" };

/** When the connection was lost, after it was there. */
let lost = null;

function show(state) {
  const link = byId("link");
  if (state === "live") lost = null;
  else if (link.dataset.state === "live") lost = new Date().toISOString();
  link.dataset.state = state;
  say(link, names[state]);
  say(byId("away"), lost ? `No answer from the server since ${words.second(lost)}. What is shown is from then; the page reconnects by itself.` : "");
}

/** `handlers` by message name; each gets the parsed data. */
export function connect(handlers) {
  const source = new EventSource("/api/events");
  source.onopen = () => show("live");
  source.onerror = () => {
    show("wait");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(handlers), 2000);
  };
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (message) => handle(JSON.parse(message.data)));
  }
}
