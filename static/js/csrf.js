// The token goes with every htmx request; a sign-in in another tab brings the new token here.
const meta = (name) => document.querySelector(`meta[name="${name}"]`);
const user = () => meta("bihuan-user")?.content ?? "";

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = meta("csrf-token").content;
});

if ("BroadcastChannel" in window) {
  const channel = new BroadcastChannel("bihuan-token");
  channel.addEventListener("message", ({ data }) => {
    if (data.user !== user()) return;
    meta("csrf-token").content = data.token;
    for (const input of document.querySelectorAll('input[name="_csrf"]')) input.value = data.token;
  });
  if (user()) channel.postMessage({ user: user(), token: meta("csrf-token").content });
}
