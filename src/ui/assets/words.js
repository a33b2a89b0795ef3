// Numbers and times for people.

/** The flags that lead a command to the pipeline that the page shows. */
let place = "";

export const leadTo = (flags) => { place = flags; };

/** Returns a command line of outboxctl, as typed by the operator. */
export const command = (line) => `outboxctl ${line}${place}`;

const whole = new Intl.NumberFormat("en");

export const count = (n) => whole.format(n);

export const events = (n) => `${count(n)} ${n === 1 ? "event" : "events"}`;

export function duration(millis) {
  if (millis == null) return "–";
  if (millis < 10) return `${millis.toFixed(1)} ms`;
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(millis < 10_000 ? 2 : 1)} s`;
  if (millis < 3_600_000) return `${Math.floor(millis / 60_000)} min ${Math.round((millis % 60_000) / 1000)} s`;
  return `${(millis / 3_600_000).toFixed(1)} h`;
}

/** Formats an upper bound in whole milliseconds briefly. */
export const bound = (millis) => (millis < 1000 ? `${millis} ms` : millis < 60_000 ? `${millis / 1000} s` : `${millis / 60_000} min`);

export const rate = (perSecond) => `${perSecond === 0 ? "0" : perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))} /s`;

export function bytes(n) {
  if (n == null) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = n;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const two = (n) => String(n).padStart(2, "0");

/** Formats the local time of day; with the date if it is not today. */
export function time(text) {
  if (!text) return "–";
  const at = new Date(text);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  if (at.toDateString() === new Date().toDateString()) return clock;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}`;
}

/** {@link time} without fractions. */
export const second = (text) => time(text).replace(/\.\d+$/, "");

export const since = (from, to) => (from && to ? Math.max(0, millis(to) - millis(from)) : null);

/** Returns milliseconds with fractions, which Date drops. */
function millis(text) {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  return Date.parse(text.replace(/\.\d+/, "")) + Number(`0.${fraction || 0}`) * 1000;
}

/** Characters that a reader can't see, or that change the order of the text around them. */
const HIDDEN = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Formats a string of JSON with its letters instead of escapes, except for control characters. */
const readable = (token) => JSON.stringify(JSON.parse(token)).replace(HIDDEN, escaped);

/** Formats JSON for reading; other text is unchanged. Numbers keep their digits, because they are not parsed. */
export function pretty(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  try {
    JSON.parse(text);
  } catch {
    return String(text);
  }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  const line = () => "\n" + "  ".repeat(depth);
  return tokens.map((token, at) => {
    const empty = "{[".includes(tokens[at - 1]) && "}]".includes(token);
    if ("}]".includes(token)) return depth--, empty ? token : line() + token;
    if (token === ",") return token + line();
    if (token === ":") return ": ";
    if (token.startsWith('"')) return readable(token);
    if (!"{[".includes(token)) return token;
    depth++;
    return "}]".includes(tokens[at + 1]) ? token : token + line();
  }).join("");
}

export const STATUS = {
  committed: "committed",
  "in-stream": "in stream",
  delivered: "on the bus",
  processed: "processed",
  failed: "failed",
  earlier: "not followed",
};
