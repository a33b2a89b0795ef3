// The live connection. The browser reconnects by itself; after an error response, this retries. A connection without
// messages is lost, too: the server sends one every second.

import { byId, say } from "./dom.js";
import * as words from "./words.js";

const names = { live: "Live", partly: "Partly live", wait: "Reconnecting…", refused: "Signed out" };
/** Milliseconds without a message after which a connection counts as lost. */
const SILENCE = 10_000;

/** Time at which an established connection was lost. */
let lost = null;

/** Whether all sources of the server respond. */
let complete = true;

export const setComplete = (all) => { complete = all; };

const connected = () => (complete ? "live" : "partly");

function show(state) {
  const link = byId("link");
  if (link.dataset.state === state) return;
  const was = link.dataset.state;
  if (state === connected()) lost = null;
  else if (was === "live" || was === "partly") lost = new Date().toISOString();
  link.dataset.state = state;
  say(link, names[state]);
  const remedy = state === "refused"
    ? "The server has another token now: open the address that it printed when it started."
    : "The page reconnects automatically.";
  say(byId("away"), lost ? `No answer from the server since ${words.second(lost)}. The data is from that time. ${remedy}` : "");
}

/** Returns whether the server runs and refuses the token of this page. */
async function isRefused() {
  try {
    return (await fetch("/healthz")).status === 401;
  } catch {
    return false;
  }
}

/** `handlers` by message name; each gets the parsed data. */
export function connect(handlers) {
  const source = new EventSource("/api/events");
  let heard = Date.now();
  const silence = setInterval(() => {
    if (source.readyState === EventSource.OPEN && Date.now() - heard > SILENCE) show("wait");
  }, 1000);
  source.onopen = () => {
    heard = Date.now();
    show(connected());
  };
  source.onerror = async () => {
    if (source.readyState !== EventSource.CLOSED) return show("wait");
    clearInterval(silence);
    setTimeout(() => connect(handlers), 2000);
    show(await isRefused() ? "refused" : "wait");
  };
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (message) => {
      heard = Date.now();
      handle(JSON.parse(message.data));
      show(connected());
    });
  }
}
