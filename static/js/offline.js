// The line that says there is no connection: the browser's word, or a request that got no answer.
const line = () => document.getElementById("offline");
const show = (away) => line()?.toggleAttribute("hidden", !away);

addEventListener("offline", () => show(true));
addEventListener("online", () => show(false));
document.addEventListener("htmx:error", (event) => {
  if (!event.detail.ctx?.response) show(true);
});
document.addEventListener("htmx:after:request", () => show(false));
if (!navigator.onLine) show(true);
