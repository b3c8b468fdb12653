// Menus of the top bar close by Esc, by a click elsewhere, and when the focus leaves them.
const open = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A new page closes it: the navigation comes with the answer.
document.addEventListener("htmx:after:swap", () => {
  const shown = document.getElementById("nav")?.classList.contains("is-open") ?? false;
  document.querySelector("[data-nav-toggle]")?.setAttribute("aria-expanded", String(shown));
});

// On a phone the navigation opens below the top bar.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-nav-toggle]");
  if (!button) return;
  const shown = document.getElementById("nav").classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(shown));
});
