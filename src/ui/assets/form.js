// The form that writes a row and its outbox row, through the pipeline's own API.

import { byId, make } from "./dom.js";
import { ask } from "./path.js";

const FORMS = {
  person: {
    title: "Add a person", button: "Add person", address: "/api/people", done: (data) => `Added ${data.name}.`,
    fields: [
      { name: "name", label: "Name", autocomplete: "name" },
      { name: "email", label: "Email", type: "email", autocomplete: "email" },
    ],
  },
  car: {
    title: "Add a car", button: "Add car", address: "/api/cars", done: (data) => `Added the ${data.make} ${data.model}.`,
    fields: [
      { name: "make", label: "Make" },
      { name: "model", label: "Model" },
      { name: "year", label: "Year", inputmode: "numeric", number: true },
    ],
  },
  order: {
    title: "Add an order", button: "Add order", address: "/api/orders", done: (data) => `Added an order of ${data.customer}.`,
    body: ({ customer, sku, quantity, unitPrice }) => ({ customerId: customer, currency: "EUR", items: [{ sku, quantity, unitPrice }] }),
    fields: [
      { name: "customer", label: "Customer", pointer: "customerId" },
      { name: "sku", label: "Article" },
      { name: "quantity", label: "Quantity", inputmode: "numeric", number: true },
      { name: "unitPrice", label: "Price in cents", inputmode: "numeric", number: true },
    ],
  },
  cart: {
    title: "Add a cart", button: "Add cart", address: "/api/carts", done: (data) => `Added a cart of ${data.customer}.`,
    body: ({ customer }) => ({ customerId: customer, currency: "EUR" }),
    fields: [{ name: "customer", label: "Customer", pointer: "customerId" }],
  },
  user: {
    title: "Add a user", button: "Add user", address: "/api/users", done: (data) => `Added ${data.name}.`,
    fields: [
      { name: "name", label: "Name", autocomplete: "name" },
      { name: "email", label: "Email", type: "email", autocomplete: "email" },
      { name: "plan", label: "Plan" },
    ],
  },
};

let shown = null;

export function showForm(kind, writable) {
  const form = writable && FORMS[kind];
  byId("form-section").hidden = !form;
  if (!form || shown === kind) return;
  shown = kind;
  byId("form-title").textContent = form.title;
  const fields = form.fields.map(({ name, label, type, autocomplete, inputmode }) => make("div", { class: "field" },
    make("label", { for: `field-${name}` }, label),
    make("input", { id: `field-${name}`, name, type: type ?? "text", autocomplete: autocomplete ?? "off", inputmode, required: true, "aria-describedby": `error-${name}` }),
    make("span", { class: "error", id: `error-${name}` })));
  const button = make("button", { class: "primary" }, form.button);
  byId("form").replaceChildren(...fields, button);
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") !== "true") send(form, button);
  });
}

async function send(form, button) {
  const inputs = new Map(form.fields.map((field) => [field.name, byId(`field-${field.name}`)]));
  const data = Object.fromEntries(form.fields.map(({ name, number }) => {
    const text = inputs.get(name).value.trim();
    return [name, number && text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text];
  }));
  button.setAttribute("aria-disabled", "true");
  const answer = await ask(form.address, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(form.body ? form.body(data) : data),
  });
  button.removeAttribute("aria-disabled");
  // The last part of a pointer such as #/items/0/sku is the field's name in the API.
  const names = new Map(form.fields.map(({ name, pointer }) => [pointer ?? name, name]));
  const errors = new Map((answer.data.errors ?? []).map((error) => [names.get(error.pointer.split("/").at(-1)), error.detail]));
  for (const [name, input] of inputs) {
    byId(`error-${name}`).textContent = errors.get(name) ?? "";
    if (errors.has(name)) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  const line = byId("form-answer");
  line.classList.toggle("is-bad", !answer.ok);
  line.textContent = answer.ok ? form.done(data) : `Not added: ${answer.problem}`;
  const first = form.fields.find((field) => !answer.ok && errors.has(field.name)) ?? form.fields[0];
  if (answer.ok) byId("form").reset();
  inputs.get(first.name).focus();
}
