// A button with data-dialog-open="id" opens that <dialog>; the browser gives the focus back.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialogOpen);
    dialog?.showModal();
    // The first thing to fill in, and not the button that closes.
    dialog?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog")) event.target.close(); // the backdrop
});

// An answer that arrives while a dialog is open is shown in the page behind it.
document.addEventListener("htmx:before:swap", (event) => {
  event.detail.ctx?.sourceElement?.closest?.("dialog[open]")?.close();
});
