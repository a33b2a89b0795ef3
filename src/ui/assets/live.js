// The live connection. The browser reconnects by itself; a server that answers with an error is tried again here.

import { byId, say } from "./dom.js";

const names = { live: "Live", wait: "Reconnecting…" };

function show(state) {
  const link = byId("link");
  link.dataset.state = state;
  say(link, names[state]);
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
