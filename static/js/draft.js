// A form with data-draft="person/17" keeps what is typed in IndexedDB, by user, until it succeeds.
// IndexedDB because it survives a killed browser, where sessionStorage and cookies do not.
const user = document.querySelector('meta[name="bihuan-user"]')?.content ?? "";
const keyOf = (form) => `${user}|${form.dataset.draft}`;
const skipped = new Set(["_csrf", "_once", "version"]);
const keeps = (control) =>
  control.name && !skipped.has(control.name) && !["password", "file", "submit", "button", "hidden"].includes(control.type);

const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("bihuan-drafts", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("drafts");
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function store(mode, act) {
  const db = await opened;
  return new Promise((resolve, reject) => {
    const transaction = db.transaction("drafts", mode);
    const request = act(transaction.objectStore("drafts"));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

function typed(form) {
  const values = {};
  for (const control of [...form.elements].filter(keeps)) {
    const kept = (values[control.name] ??= []);
    if (control.type === "checkbox" || control.type === "radio") {
      if (control.checked) kept.push(control.value);
    } else if (control.multiple) kept.push(...[...control.selectedOptions].map((one) => one.value));
    else kept.push(control.value);
  }
  return values;
}

function fill(form, values) {
  const left = JSON.parse(JSON.stringify(values));
  for (const control of [...form.elements].filter(keeps)) {
    const kept = left[control.name];
    if (!kept) continue;
    if (control.type === "checkbox" || control.type === "radio") control.checked = kept.includes(control.value);
    else if (control.multiple) for (const one of control.options) one.selected = kept.includes(one.value);
    else control.value = kept.shift() ?? "";
  }
}

const waiting = new Map();
function save(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  return store("readwrite", (drafts) => drafts.put({ at: Date.now(), values: typed(form) }, keyOf(form)))
    .then(() => form.dispatchEvent(new CustomEvent("draft:kept", { bubbles: true })))
    .catch(() => {});
}
const drop = (key) => store("readwrite", (drafts) => drafts.delete(key)).catch(() => {});

document.addEventListener("input", ({ target }) => {
  const form = target.form;
  if (!form?.dataset.draft) return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(save, 400, form));
});
addEventListener("pagehide", () => [...waiting.keys()].forEach(save));
document.addEventListener("visibilitychange", () => [...waiting.keys()].forEach(save));

document.addEventListener("draft:kept", ({ target }) => {
  const state = target.querySelector("[data-draft-kept]");
  if (state) state.textContent = state.dataset.draftKept;
});

// The offer to go on, when the page shows a form that was left unfinished.
async function offer(form) {
  if (form.dataset.draftSeen || form.querySelector("[data-focus]")) return;
  form.dataset.draftSeen = "1";
  const draft = await store("readonly", (drafts) => drafts.get(keyOf(form))).catch(() => null);
  if (!draft || JSON.stringify(draft.values) === JSON.stringify(typed(form))) return;
  const box = form.querySelector("[data-draft-offer]");
  const when = document.createElement("time");
  when.dateTime = new Date(draft.at).toISOString();
  when.textContent = new Date(draft.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  box.querySelector("p").append(" ", when);
  box.hidden = false;
  box.addEventListener("click", (event) => {
    if (event.target.closest("[data-draft-restore]")) {
      fill(form, draft.values);
      form.dispatchEvent(new CustomEvent("draft:restored"));
    } else if (event.target.closest("[data-draft-discard]")) drop(keyOf(form));
    else return;
    box.hidden = true;
  });
}
// Nobody comes back for a form after two weeks; what was typed in it need not stay here.
const fortnight = 14 * 24 * 3600 * 1000;
store("readwrite", (drafts) => {
  const walk = drafts.openCursor();
  walk.onsuccess = () => {
    const at = walk.result;
    if (at?.value.at < Date.now() - fortnight) at.delete();
    at?.continue();
  };
  return walk;
}).catch(() => {});

const offerAll = () => document.querySelectorAll("form[data-draft]").forEach(offer);
offerAll();
document.addEventListener("htmx:after:settle", offerAll);

// Accepted: the draft is done with. A sign-in page (data-draft-keep) is no acceptance.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!form?.dataset?.draft || ctx.response.status >= 400 || ctx.text.includes("data-draft-keep")) return;
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  drop(keyOf(form));
});
