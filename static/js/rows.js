// "j" and "k" walk through the rows of lists; Enter opens the row's link, as links do.
const links = () => [...document.querySelectorAll(".list tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);

document.addEventListener("keydown", (event) => {
  if (event.key !== "j" && event.key !== "k") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const all = links();
  if (!all.length) return;
  const now = all.findIndex((link) => link.closest("tr") === document.activeElement?.closest("tr"));
  const next = event.key === "j" ? now + 1 : now < 0 ? all.length - 1 : now - 1;
  all[Math.max(0, Math.min(next, all.length - 1))].focus();
  event.preventDefault();
});
