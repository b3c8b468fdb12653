// A button with data-dialog-open="id" opens that <dialog>; the browser gives the focus back.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog")) event.target.close(); // the backdrop
});

// An answer that arrives while a dialog is open is shown in the page behind it.
document.addEventListener("htmx:before:swap", (event) => {
  event.detail.ctx?.sourceElement?.closest?.("dialog[open]")?.close();
});
