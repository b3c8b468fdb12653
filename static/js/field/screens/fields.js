// The fields of entry forms: large, one under another, each with its error beside it.
import { h, icon } from "./dom.js";
import { t } from "./say.js";

const MOST_SHOWN = 12;

/**
 * A field by its description: {name, type, label, hint, required, max, …}. `values` is what was
 * typed so far, changed in place; `typed()` is told of every change.
 */
export function field(one, values, typed) {
  const id = `field-${one.name}`;
  const set = (value) => {
    values[one.name] = value;
    wrong(null);
    typed();
  };
  const error = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const { node, input } = TYPES[one.type ?? "line"](one, values, set, id);
  const wrong = (text) => {
    error.hidden = !text;
    error.replaceChildren(...(text ? [icon("exclamation-triangle"), text] : []));
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (text) input.setAttribute("aria-describedby", error.id);
    else input.removeAttribute("aria-describedby");
  };
  const label = one.type === "check" || one.type === "choice" ? null : h("label", { class: "label", for: id }, one.label);
  const hint = one.hint && h("p", { class: "hint" }, one.hint);
  return { node: h("div", { class: "field" }, label, hint, node, error), input, wrong, check: () => fault(one, values) };
}

/** What is wrong with the value of a field, in words; empty where nothing is. */
function fault(one, values) {
  const value = values[one.name];
  const text = typeof value === "string" ? value.trim() : value;
  if (one.required && (text === undefined || text === "" || text === false)) {
    return one.missing ?? t("This has to be filled in.");
  }
  if ((one.type === "number" || one.type === "steps") && text) {
    const number = Number(text.replace(",", "."));
    if (!Number.isFinite(number) || number < 0) return t("Write a number, such as 12.5.");
    if (one.type === "steps" && number === 0) return t("Write a number above 0.");
    if (number > (one.most ?? 999_999_999)) return t("This number is too large.");
  }
  return "";
}

const TYPES = {
  line: (one, values, set, id) => only(text("input", { type: "text" }, one, values, set, id)),
  long: (one, values, set, id) => only(text("textarea", { rows: one.rows ?? 4 }, one, values, set, id)),
  number(one, values, set, id) {
    const input = text("input", { type: "text", inputmode: "decimal" }, one, values, set, id);
    return { input, node: one.unit ? h("div", { class: "with-unit" }, input, h("span", null, one.unit)) : input };
  },
  steps(one, values, set, id) {
    const input = text("input", { type: "text", inputmode: "decimal", class: "input steps-figure" }, one, values, set, id);
    const step = (by) => {
      const next = Math.max(1, Math.round((Number(input.value) || 0) + by));
      input.value = String(next);
      set(input.value);
    };
    const press = (by, symbol, label) =>
      h("button", { type: "button", class: "button steps-press", "aria-label": label, onclick: () => step(by) }, icon(symbol));
    return { input, node: h("div", { class: "steps" }, press(-1, "minus", t("One less")), input, press(1, "plus", t("One more"))) };
  },
  choice(one, values, set, id) {
    const options = one.options.map(([key, label]) => {
      const input = h("input", {
        type: "radio",
        name: id,
        id: `${id}-${key}`,
        value: key,
        checked: values[one.name] === key,
        onchange: () => set(key),
      });
      return [input, h("label", { for: input.id, class: "chip" }, label)];
    });
    const node = h("fieldset", { class: "chips", id }, h("legend", { class: "label" }, one.label), options);
    return { node, input: options[0][0] };
  },
  check(one, values, set, id) {
    const input = h("input", { type: "checkbox", id, checked: Boolean(values[one.name]), onchange: () => set(input.checked) });
    return { input, node: h("label", { class: "tick", for: id }, input, h("span", null, one.label)) };
  },
  pick,
};

function text(tag, props, one, values, set, id) {
  const input = h(tag, {
    class: "input",
    autocomplete: "off",
    ...props,
    id,
    value: values[one.name] ?? "",
    maxlength: one.max ?? (tag === "textarea" ? 4000 : 200),
    "aria-required": one.required ? "true" : undefined,
    oninput: () => set(input.value),
  });
  return input;
}

const only = (input) => ({ input, node: input });

/** A name out of a list, found by its letters or its number, or one that is in no list. */
function pick(one, values, set, id) {
  const list = h("ul", { class: "found", id: `${id}-found` });
  const input = text("input", { type: "text", placeholder: one.placeholder }, one, values, typing, id);

  function typing(value) {
    one.chosen?.(null);
    set(value);
    offer();
  }
  function choose(item) {
    input.value = item.name;
    one.chosen?.(item);
    set(item.name);
    list.replaceChildren();
  }
  function offer() {
    const wanted = input.value.trim().toLowerCase();
    const words = wanted.split(/\s+/).filter(Boolean);
    const holds = (item) => {
      const all = `${item.name} ${item.number ?? ""}`.toLowerCase();
      return words.every((word) => all.includes(word));
    };
    const found = one.items.filter(holds).slice(0, MOST_SHOWN);
    list.replaceChildren(
      ...found.map((item) =>
        h(
          "li",
          null,
          h(
            "button",
            { type: "button", class: "found-item", onclick: () => choose(item) },
            h("span", { class: "found-name" }, item.name),
            h("span", { class: `found-more ${item.warning ? "is-warning" : ""}` }, one.tell(item)),
          ),
        ),
      ),
    );
  }
  if (!values[one.name]) offer();
  return { input, node: h("div", { class: "pick" }, input, list) };
}
