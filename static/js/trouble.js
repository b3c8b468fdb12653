// After an answer: the focus goes to the errors of a form, to the problem above it, or to the page.
document.documentElement.classList.add("htmx-ready");

const trouble = () => document.getElementById("trouble");

document.addEventListener("htmx:before:request", () => trouble()?.replaceChildren());

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request?.method === "GET") return;
  const lost = document.activeElement === document.body ? document.getElementById("main") : null;
  const place = trouble()?.firstElementChild ? trouble() : (document.querySelector("[data-focus]") ?? lost);
  place?.focus({ preventScroll: true });
  if (place !== lost) place?.scrollIntoView({ block: "start" });
  // A new page is read from its top; what the form scrolled to says nothing there.
  else if (ctx.target?.id === "main") window.scrollTo(0, 0);
});

document.querySelector("[data-focus]")?.focus();
