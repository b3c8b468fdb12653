// The unread count, live. One tab of a browser holds the stream and tells the others; where the
// stream does not work the count is asked for every half minute.
const EVERY = 30_000;
const user = document.querySelector('meta[name="bihuan-user"]').content;
const channel = new BroadcastChannel("bihuan-inbox");
let source;
let timer;

function show(count) {
  const badge = document.getElementById("inbox-count");
  if (badge) badge.textContent = count || "";
}

function tell(count) {
  show(count);
  channel.postMessage({ user, count });
}

function open() {
  source = new EventSource("/events");
  source.addEventListener("inbox", ({ data }) => tell(Number(data)));
}

function stop() {
  clearInterval(timer);
  source?.close();
  source = undefined;
}

async function ask() {
  if (source.readyState === EventSource.OPEN) return;
  try {
    const answer = await fetch("/inbox/count", { headers: { accept: "application/json" } });
    if (answer.status === 401) stop();
    if (!answer.ok) return;
    tell(await answer.json());
    if (source?.readyState === EventSource.CLOSED) open();
  } catch {
    // No connection: asked again later.
  }
}

function start() {
  if (source) return;
  open();
  timer = setInterval(ask, EVERY);
}

channel.addEventListener("message", ({ data }) => {
  if (data.user === user) show(data.count);
});

if (navigator.locks) {
  // Held as long as this tab lives; then the next one in line has it.
  navigator.locks.request("bihuan-live", () => {
    start();
    return new Promise(() => {});
  });
} else {
  // Locks need TLS. Without it the tabs that can be seen listen, each for itself.
  const follow = () => (document.hidden ? stop() : start());
  document.addEventListener("visibilitychange", follow);
  follow();
}
