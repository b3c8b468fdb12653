// Keys: "/" search, "?" the sheet, and for every data-shortcut="g h" that link or button.
const writing = (element) => element.closest("input, textarea, select, [contenteditable]");
let first = null;

function openSheet() {
  const sheet = document.getElementById("shortcuts");
  if (!sheet || document.querySelector("dialog[open]")) return;
  const list = sheet.querySelector("[data-shortcuts-list]");
  for (const row of list.querySelectorAll("[data-made]")) row.remove();
  for (const target of document.querySelectorAll("[data-shortcut]")) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    row.dataset.made = "";
    for (const key of target.dataset.shortcut.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap, " ");
    }
    text.textContent = target.dataset.shortcutLabel ?? target.textContent.trim();
    row.append(term, text);
    list.append(row);
  }
  sheet.showModal();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts-open]")) openSheet();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (writing(event.target) || document.querySelector("dialog[open]")) return;
  const pressed = first ? `${first} ${event.key}` : event.key;
  const target = document.querySelector(`[data-shortcut="${CSS.escape(pressed)}"]`);
  const begins = !first && document.querySelector(`[data-shortcut^="${CSS.escape(event.key)} "]`);
  first = null;
  if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else if (event.key === "?") openSheet();
  else if (target) target.click();
  else if (begins) {
    first = event.key;
    setTimeout(() => (first = null), 1200);
    return;
  } else return;
  event.preventDefault();
});
