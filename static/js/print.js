// data-print: the button prints the page, as the menu of the browser does.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
