// Pressing twice is harmless: a form being sent refuses the second press until it is answered.
const sending = "is-sending";

function free(form) {
  form.classList.remove(sending);
  const state = form.querySelector("[data-sending]");
  if (state) state.textContent = "";
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("[data-submit-once]")) return;
    if (form.classList.contains(sending)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.classList.add(sending);
    const state = form.querySelector("[data-sending]");
    if (state) state.textContent = state.dataset.sending;
  },
  true,
);

document.addEventListener("htmx:finally:request", (event) => {
  const form = event.detail.ctx.sourceElement;
  if (form?.matches?.("[data-submit-once]")) free(form);
});

// Back from the browser's cache shows the page as it was left: sending.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(`.${sending}`)) free(form);
});
