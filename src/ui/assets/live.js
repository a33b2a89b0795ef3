// The live connection. The browser reconnects by itself; after an error response, this retries.

import { byId, say } from "./dom.js";
import * as words from "./words.js";

const names = { live: "Live", wait: "Reconnecting…" };

/** Time at which an established connection was lost. */
let lost = null;

function show(state) {
  const link = byId("link");
  if (state === "live") lost = null;
  else if (link.dataset.state === "live") lost = new Date().toISOString();
  link.dataset.state = state;
  say(link, names[state]);
  say(byId("away"), lost ? `No answer from the server since ${words.second(lost)}. The data is from that time; the page reconnects automatically.` : "");
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
