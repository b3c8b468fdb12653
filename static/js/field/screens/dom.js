// Elements by hand: small enough to need no framework.
const PROPERTIES = new Set(["value", "checked", "disabled", "files", "open"]);

/** The element `tag`; `props` are attributes, properties and, beginning with "on", listeners. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(node, child);
    else if (child !== undefined && child !== null && child !== false) node.append(child);
  }
}

/** An outline drawing that the page brought with it. */
export function icon(name) {
  return document.getElementById(`icon-${name}`).content.firstElementChild.cloneNode(true);
}

let pressed = null;
const busy = new Set();

/**
 * A button that does its work once: not again while it runs, and the second half of a double tap
 * does not press what has taken its place.
 */
export function action(name, props, run, ...children) {
  const node = h("button", { type: "button", id: `do-${name}`, ...props }, ...children);
  if (busy.has(name)) node.setAttribute("aria-busy", "true");
  node.addEventListener("click", async (event) => {
    event.preventDefault();
    const isSecondHalf = event.detail > 1 && pressed !== node;
    pressed = node;
    if (isSecondHalf || busy.has(name)) return;
    busy.add(name);
    node.setAttribute("aria-busy", "true");
    try {
      await run(event);
    } finally {
      busy.delete(name);
      document.getElementById(node.id)?.removeAttribute("aria-busy");
    }
  });
  return node;
}

export const button = (name, label, run, { kind = "", symbol, ...props } = {}) =>
  action(name, { class: `button ${kind}`.trim(), ...props }, run, symbol && icon(symbol), label);

export const link = (href, label, { kind = "", symbol, ...props } = {}) =>
  h("a", { href, class: `button ${kind}`.trim(), ...props }, symbol && icon(symbol), label);

/**
 * Put `next` in the place of what `host` shows. What looks the same already stays where it is;
 * with `anew` it does not: a form's buttons belong to the fields that were drawn with them.
 */
export function show(host, next, { anew = false } = {}) {
  const wrapped = h(host.tagName);
  append(wrapped, [next].flat());
  if (!anew && host.childNodes.length === wrapped.childNodes.length) {
    if ([...host.childNodes].every((node, i) => node.isEqualNode(wrapped.childNodes[i]))) return false;
  }
  const focused = host.contains(document.activeElement) ? document.activeElement.id : "";
  host.replaceChildren(...wrapped.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  return true;
}

let hiding;

/** One line that says what has just been done, and goes by itself. */
export function toast(text, kind = "good") {
  let line = document.getElementById("toast");
  if (!line) {
    line = h("p", { id: "toast", role: "status", class: "toast" });
    document.body.append(line);
  }
  line.className = `toast is-${kind} is-shown`;
  line.replaceChildren(icon(kind === "good" ? "check" : "exclamation-triangle"), text);
  clearTimeout(hiding);
  hiding = setTimeout(() => line.classList.remove("is-shown"), kind === "good" ? 3000 : 6000);
}

/** Ask before something that cannot be taken back; `typed` asks for a reason, too. `lead` is one paragraph, or several. */
export function confirm({ title, lead, yes, no, typed, kind = "danger" }) {
  return new Promise((resolve) => {
    const reason = typed && h("textarea", { id: "confirm-reason", rows: 3, class: "input", maxlength: 200 });
    const error = typed && h("p", { class: "error", hidden: true, id: "confirm-error" }, typed.missing);
    const close = (value) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    const accept = () => {
      const text = reason?.value.trim() ?? "";
      if (typed && !text) {
        error.hidden = false;
        reason.setAttribute("aria-invalid", "true");
        reason.focus();
        return;
      }
      close(typed ? text : true);
    };
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "confirm-title", oncancel: () => close(null) },
      h("h2", { id: "confirm-title" }, title),
      lead && [lead].flat().map((one) => h("p", null, one)),
      typed && h("label", { for: "confirm-reason", class: "label" }, typed.label),
      reason,
      error,
      h(
        "div",
        { class: "dialog-buttons" },
        h("button", { type: "button", class: "button", id: "confirm-no", onclick: () => close(null) }, no),
        h("button", { type: "button", class: `button is-${kind}`, id: "confirm-yes", onclick: accept }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
