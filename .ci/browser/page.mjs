// What a person does with the page, done in Chromium. Ends with 1 and the failed step's name and screenshot.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const pipeline = process.argv[2] ?? "rds-eventbridge";
const { OUTBOXCTL, BROWSER_ARTIFACTS: artifacts, BROWSER_SCRATCH: scratch, CHROMIUM } = process.env;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// In CI a cold function on two busy cores takes its time.
const PATIENCE = 60_000;
const HOSTILE = '<img src=x onerror="window.hacked=1">';

const failures = [];
let page;

async function step(name, work) {
  const began = Date.now();
  try {
    await work();
    console.log(`ok    ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL  ${name}: ${error.message}`);
    await page?.screenshot({ path: `${artifacts}/${pipeline}-failed-${failures.length}.png` }).catch(() => {});
  }
}

const shot = (name, options) => page.screenshot({ path: `${artifacts}/${pipeline}-${name}.png`, ...options });

const log = openSync(`${artifacts}/${pipeline}-ui.log`, "w");

const tokenFile = `${scratch}/ui-token`;
const token = () => readFileSync(tokenFile, "utf8");

/** Starts `outboxctl ui`; `url` resolves with its address, without the token, once it listens. */
function serve(port = "0", env = process.env) {
  const words = ["ui", "--port", port, "--token-file", tokenFile, "--output", "ndjson"];
  const child = spawn(OUTBOXCTL, words, { env, stdio: ["ignore", "pipe", log] });
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
  const url = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("ui did not say its address in 30 s")), 30_000);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /(http:\/\/localhost:\d+)\/\?token=(\w+)/.exec(line);
      if (found) {
        clearTimeout(timer);
        assert.equal(found[2], token());
        resolve(found[1]);
      }
    });
    ended.then(({ code }) => reject(new Error(`ui ended with ${code}`)));
  });
  return { child, ended, url };
}

/** Violations by WCAG 2.2 A and AA and axe's best practices; the page must have none. */
async function axe(name) {
  // Its source is evaluated through the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  writeFileSync(`${artifacts}/${pipeline}-axe-${name}.json`, JSON.stringify(result.violations, null, 2));
  const told = result.violations.map((found) => `${found.id} (${found.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")})`);
  assert.deepEqual(told, []);
}

const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const tab = (name) => page.getByRole("tab", { name }).click();
const count = (label) => page.locator(".stop", { hasText: label }).locator(".count").textContent().then((text) => Number(text.replaceAll(",", "")));

const FORMS = {
  "rds-eventbridge": { button: "Add car", fill: { Make: HOSTILE, Model: "240", Year: "1991" }, end: "Bus", status: "on the bus", stops: 4 },
  "rds-kinesis": { button: "Add person", fill: { Name: HOSTILE, Email: "ada@example.org" }, end: "Processed", status: "processed", stops: 4 },
  "dynamodb-kinesis": { button: "Add order", fill: { Customer: HOSTILE, Article: "A-1", Quantity: "2", "Price in cents": "150" }, end: "Bus", status: "on the bus", stops: 4 },
  "dynamodb-eventbridge": { button: "Add cart", fill: { Customer: HOSTILE }, end: "Bus", status: "on the bus", stops: 3 },
  "dynamodb-cdc": { button: "Add user", fill: { Name: HOSTILE, Email: "ada@example.org", Plan: "free" }, end: "Bus", stops: 3 },
};

const ask = (...words) => JSON.parse(execFileSync(OUTBOXCTL, [...words, "--output", "json", "--quiet"]));
const variables = ask("local", "env");
const endpoint = variables.AWS_ENDPOINT_URL;
const outputs = ask("outputs");

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** Signature Version 4 over method, path, host, time and body. */
function signature(service, method, path, body) {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = [time.slice(0, 8), "us-east-1", service, "aws4_request"];
  const request = [method, path, "", `host:${new URL(endpoint).host}`, `x-amz-date:${time}`, "", "host;x-amz-date", sha256(body)].join("\n");
  const key = scope.reduce(hmac, `AWS4${variables.AWS_SECRET_ACCESS_KEY}`);
  const signed = hmac(key, ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(request)].join("\n")).toString("hex");
  const credential = `${variables.AWS_ACCESS_KEY_ID}/${scope.join("/")}`;
  return { "x-amz-date": time, authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=${signed}` };
}

/** A request to the local stack. */
async function aws(service, path, { method = "GET", headers, body } = {}) {
  const signed = { ...headers, ...signature(service, method, path, body ?? "") };
  const answer = await fetch(endpoint + path, { method, headers: signed, body });
  const text = await answer.text();
  assert.ok(answer.ok, `${service} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** A request to the page's server, as a program sends it: with the token. */
const program = (address, { headers, ...options } = {}) => fetch(address, { ...options, headers: { authorization: `Bearer ${token()}`, ...headers } });

/** Makes every delivery fail for good, or work again: by the consumer's hook, or by what the publisher holds too large. */
async function hinder(on) {
  const flag = `${scratch}/broken`;
  if (pipeline === "rds-kinesis") return on ? writeFileSync(flag, "") : rmSync(flag);
  const path = `/2015-03-31/functions/${outputs.PublisherFunction}/configuration`;
  const { Environment: { Variables } } = await aws("lambda", path);
  if (on) Variables.OUTBOX_MAX_REQUEST_BYTES = "100";
  else delete Variables.OUTBOX_MAX_REQUEST_BYTES;
  await aws("lambda", path, {
    method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ Environment: { Variables } }),
  });
}

/** Adds one sample by the form. */
async function add() {
  for (const [label, value] of Object.entries(form.fill)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole("button", { name: form.button }).click();
  await page.locator("#form-answer", { hasText: "Added" }).waitFor();
}

/** Waits until the last hop counts so many. */
const arrived = (total) => page.waitForFunction(([label, total]) => [...document.querySelectorAll(".stop")].some((stop) =>
  stop.textContent.includes(label) && Number(stop.querySelector(".count").textContent.replaceAll(",", "")) >= total), [form.end, total]);

/** The steps of the pipeline, which are the keys of an event's times. */
const stepNames = () => program(`${url}/api/pipeline`).then((answer) => answer.json()).then(({ stages }) => stages.map((stage) => stage.step));

const server = serve();
const url = await server.url;
const browser = await chromium.launchPersistentContext(`${scratch}/profile-${pipeline}`, {
  executablePath: CHROMIUM,
  headless: true,
  viewport: { width: 1280, height: 900 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
page = await browser.newPage();
page.setDefaultTimeout(PATIENCE);
const complaints = [];
const foreign = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(error.message));
page.on("request", (request) => request.url().startsWith(url) || foreign.push(request.url()));

await step("the page goes live", async () => {
  await page.goto(`${url}/?token=${token()}`);
  await page.waitForURL(`${url}/`);
  const [cookie] = await browser.cookies(url);
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.value], [true, "Strict", token()]);
  await page.getByRole("heading", { level: 1, name: pipeline }).waitFor();
  await page.locator("#link[data-state=live]").waitFor();
});

const form = FORMS[pipeline];
await step("a form with errors names its fields", async () => {
  await page.getByRole("button", { name: form.button }).click();
  await page.locator("#form-answer.is-bad").waitFor();
  const invalid = page.locator("#form input[aria-invalid=true]");
  assert.ok(await invalid.count() > 0);
  assert.ok(await invalid.first().evaluate((input) => input === document.activeElement), "the first wrong field has the focus");
});

await step("what is added passes every hop, live", async () => {
  const before = await count(form.end);
  await add();
  await arrived(before + 1);
  await shot("events");
});

await step("a name with markup stays text", async () => {
  if (form.status) {
    await tab(/^Outbox/);
    await page.locator("#panel-outbox .excerpt", { hasText: "<img src=x" }).first().waitFor();
    await page.locator("#panel-outbox .badge", { hasText: form.status }).first().waitFor();
    await shot("outbox");
  } else {
    assert.equal(await page.getByRole("tab", { name: /^Outbox/ }).count(), 0, "there is no table to show");
  }
  await page.locator("#form-answer", { hasText: form.fill.Make ?? HOSTILE }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  if (pipeline === "rds-kinesis") {
    await tab(/^People/);
    await page.locator("#panel-people td", { hasText: HOSTILE }).first().waitFor();
    await shot("people");
    await tab(/^Processed/);
    await page.locator("#panel-processed .badge", { hasText: "processed" }).first().waitFor();
    await page.locator(".stop[data-state=good]", { hasText: "Processed" }).locator(".note", { hasText: "1 consumer" }).waitFor();
    await page.locator(".facts", { hasText: /renewed \d+ s ago/ }).waitFor();
    await shot("processed");
  }
  assert.equal(await page.locator("#panels img").count(), 0);
  await tab(/^Events/);
});

await step("an event opens its whole path by keyboard", async () => {
  await page.waitForFunction(async (hops) => {
    const { events } = await (await fetch("/api/traces")).json();
    return hops.every((hop) => events[0][hop]);
  }, await stepNames());
  await page.locator("#panel-events .open").first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await dialog.getByText("from commit to delivery").waitFor();
  // Every hop was seen by a reader of its own, none is inferred from a later one.
  const took = await dialog.locator(".way .took").allTextContents();
  assert.equal(took.length, form.stops);
  assert.deepEqual(took.slice(1).filter((text) => !text.startsWith("+")), [], `each hop is timed: ${took}`);
  assert.match(await dialog.locator("pre").textContent(), /"id":/);
  await shot("path");
  await axe("path");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
});

await step("tabs move by arrow keys", async () => {
  await page.getByRole("tab", { selected: true }).focus();
  await page.keyboard.press("ArrowRight");
  const chosen = page.getByRole("tab", { selected: true });
  assert.match(await chosen.textContent(), /Outbox|Dead/);
  assert.ok(await chosen.evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Home");
});

for (const scheme of ["light", "dark"]) {
  await step(`no accessibility violation, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await axe(scheme);
    await shot(scheme);
  });
}

await step("390 px wide, nothing sticks out", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const name of await page.getByRole("tab").all()) {
    await name.click();
    assert.equal(await overflow(), 0);
  }
  await page.getByRole("tab").first().click();
  await axe("narrow");
  await shot("narrow", { fullPage: true });
  await page.locator("#panel-events .open").first().click();
  await page.getByRole("dialog").waitFor();
  assert.equal(await overflow(), 0);
  await shot("narrow-path");
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 1280, height: 900 });
});

await step("a burst is counted to the last event", async () => {
  const burst = pipeline.startsWith("rds") ? 200 : 50;
  const before = await count(form.end);
  execFileSync(OUTBOXCTL, ["sample", "insert", "--count", String(burst), "--aggregates", "20", "--quiet"], { stdio: "ignore" });
  await arrived(before + burst);
  const numbers = await page.locator(".stop .count").allTextContents();
  assert.equal(new Set(numbers).size, 1, `every hop shows the same: ${numbers}`);
  await page.locator("#histogram li", { hasText: /\d/ }).first().waitFor();
  await axe("burst");
  await shot("burst", { fullPage: true });
});

await step("sources that do not respond are reported with the age of their data", async () => {
  const emulator = ask("local", "status").state.emulator_pid;
  process.kill(emulator, "SIGSTOP");
  try {
    await page.locator("#link[data-state=partly]").waitFor();
    await page.locator("#troubles", { hasText: /AWS services.*the data is from/ }).waitFor();
    await axe("partly");
    await shot("partly");
  } finally {
    process.kill(emulator, "SIGCONT");
  }
  await page.locator("#link[data-state=live]").waitFor();
});

await step("what fails is kept, and arrives when it is sent again", async () => {
  const before = await count(form.end);
  await hinder(true);
  await add();
  await tab(/^Dead letters/);
  const letter = page.locator("#panel-dead-letters .open").first();
  await letter.waitFor();
  assert.equal(await count(form.end), before);
  await shot("failed", { fullPage: true });
  await hinder(false);
  await letter.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Send again" }).click();
  await dialog.getByText("Sent again").waitFor();
  await axe("redrive");
  await shot("redrive");
  await page.keyboard.press("Escape");
  await arrived(before + 1);
  await page.locator("#panel-dead-letters .empty").waitFor();
  await tab(/^Events/);
});

const carriesKinesis = outputs.StreamName !== undefined;
if (carriesKinesis) await step("a record that nobody can read shows with its payload", async () => {
  await aws("kinesis", "/", {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecord" },
    body: JSON.stringify({ StreamName: outputs.StreamName, PartitionKey: "poison", Data: btoa("<b>not a record</b>") }),
  });
  await tab(/^Dead letters/);
  await page.locator("#panel-dead-letters .open").first().click();
  await page.getByRole("dialog").locator("pre", { hasText: "<b>not a record</b>" }).first().waitFor();
  await axe("dead-letter");
  await shot("dead-letter");
  await page.keyboard.press("Escape");
  assert.match(await page.locator(".facts .is-bad").first().textContent(), /Dead letters/);
  await tab(/^Events/);
});

await step("the connection comes back after the server was away", async () => {
  const port = new URL(url).port;
  const seen = await count(form.end);
  server.child.kill("SIGINT");
  const { code } = await server.ended;
  assert.equal(code, 130);
  await page.locator("#link[data-state=wait]").waitFor();
  await page.getByText("The data is from that time").waitFor();
  await axe("away");
  await shot("away");
  complaints.length = 0;
  const again = serve(port);
  server.again = again;
  await again.url;
  await page.locator("#link[data-state=live]").waitFor();
  // The new server has seen nothing live: what the lists and logs hold must come to the same at every hop.
  await page.waitForFunction((least) => {
    const counts = [...document.querySelectorAll(".stop .count")].map((node) => Number(node.textContent.replaceAll(",", "")));
    return counts.every((count) => count === counts[0] && count >= least);
  }, seen);
  // The refused attempts meanwhile are in the console; they are what was asked for.
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED")));
});

await step("other pages are kept out", async () => {
  const status = async (path, options) => (await program(url + path, options)).status;
  assert.equal(await status("/api/pipeline", { headers: { "sec-fetch-site": "cross-site" } }), 403);
  assert.equal(await status("/api/cars", { method: "POST", headers: { origin: "http://evil.example", "content-type": "application/json" }, body: "{}" }), 403);
  assert.equal(await status("/api/cars", { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" }), 415);
  assert.equal((await fetch(`${url}/api/pipeline`)).status, 401);
  assert.equal((await fetch(url)).status, 401);
  const missing = await program(`${url}/api/nothing`);
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get("content-type"), "application/problem+json");
  const policy = (await program(url)).headers.get("content-security-policy");
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
});

await step("without --local it only reads", async () => {
  // As on AWS, but for the endpoint.
  const { OUTBOXCTL_LOCAL: _, ...env } = process.env;
  const deployed = serve("0", { ...env, ...variables });
  const address = await deployed.url;
  for (const path of ["/api/people", "/api/cars", "/api/orders", "/api/carts", "/api/users", "/api/dead-letters/redrive"]) {
    const answer = await program(address + path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    assert.equal(answer.status, 403, path);
  }
  const other = await browser.newPage();
  await other.goto(`${address}/?token=${token()}`);
  await other.locator("#chips", { hasText: "read-only" }).waitFor();
  assert.ok(await other.locator("#form-section").isHidden());
  await other.close();
  deployed.child.kill("SIGTERM");
  await deployed.ended;
});

await step("health, metrics and the API's document answer", async () => {
  const health = await (await program(`${url}/healthz`)).json();
  assert.equal(health.status, "ok", JSON.stringify(health.sources));
  assert.match(await (await program(`${url}/metrics`)).text(), /outboxctl_events_total\{pipeline="[^"]+",stage="[^"]+",hop="(bus|processed)"\} \d+/);
  const { paths } = await (await program(`${url}/openapi.json`)).json();
  assert.ok(paths["/api/events"]);
});

await step("no complaint in the console, no request elsewhere", async () => {
  // The answers of the form with errors and of what Chromium logs for them are asked for above.
  const unexpected = complaints.filter((text) => !/status of 4(00|22)/.test(text));
  assert.deepEqual(unexpected, []);
  assert.deepEqual(foreign, []);
});

await browser.close();
const last = server.again ?? server;
last.child.kill("SIGTERM");
await last.ended;
console.log(failures.length === 0 ? `all well with ${pipeline}` : `${failures.length} failed: ${failures.join("; ")}`);
process.exit(failures.length === 0 ? 0 : 1);
