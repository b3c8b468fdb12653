// The close button of a notice takes it away.
document.addEventListener("click", (event) => {
  event.target.closest("[data-flash-close]")?.closest("[data-flash]")?.remove();
  if (event.target.closest("[data-trouble-close]")) document.getElementById("trouble")?.replaceChildren();
});
