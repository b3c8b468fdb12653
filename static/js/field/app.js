// The app that engineers carry: puts the core, the phone and the screens together.
import { openPhone } from "./opening.js";
import { bar } from "./screens/bar.js";
import { h, icon, show } from "./screens/dom.js";
import { keepFor, openDrafts, recallForAll } from "./screens/drafts.js";
import { makeContext } from "./screens/context.js";
import { running } from "./screens/format.js";
import { follow, screenFor } from "./screens/routes.js";
import { learn, speak, t } from "./screens/say.js";
import { watchWorker } from "./screens/updates.js";

const main = h("main", { id: "main", class: "screen" });
const top_ = h("header", { id: "top" });
const bottom = h("footer", { id: "bottom", class: "bottom" });
let shown = { hash: null };
let turn = 0;

async function render(ctx) {
  const mine = ++turn;
  const hash = location.hash || "#/";
  await ctx.meet();
  const screen = await screenFor(ctx, hash);
  if (mine !== turn) return;
  const isNew = hash !== shown.hash;
  if (isNew && shown.hash) ctx.scrolled.set(shown.hash, scrollY);
  shown = { hash, ...screen };
  document.title = `${screen.title} · ${t("On-site work")}`;
  show(top_, [bar(ctx), heading(ctx, screen)]);
  const anew = !screen.live;
  const changed = show(main, screen.main, { anew });
  show(bottom, [screen.bottom ?? []].flat().filter(Boolean), { anew });
  bottom.hidden = !bottom.childElementCount;
  if (changed) screen.mounted?.();
  if (isNew) {
    scrollTo(0, hash === "#/" ? (ctx.scrolled.get(hash) ?? 0) : 0);
    document.getElementById("title")?.focus({ preventScroll: true });
    ctx.remember(hash);
  }
}

function heading(ctx, { title, back }) {
  return h(
    "div",
    { class: "heading" },
    back
      ? h("a", { class: "heading-way", href: back, id: "back", "aria-label": t("Back"), onclick: (event) => { event.preventDefault(); ctx.leave(back); } }, icon("arrow-left"))
      : h("span", { class: "heading-way" }),
    h("h1", { id: "title", tabindex: "-1" }, title),
    h("a", { class: "heading-way", href: "#/account", id: "account", "aria-label": t("My phone") }, icon("user-circle")),
  );
}

/** The core told of a change: what shows it is drawn anew; a form that is being typed in is not. */
function refresh(ctx) {
  if (shown.live || shown.hash === null) return void render(ctx);
  show(top_, [bar(ctx), heading(ctx, shown)]);
}

async function start() {
  const root = document.documentElement;
  const texts = await fetch("/field/texts.json").then((answer) => answer.json());
  learn(texts);
  speak(root.lang);
  document.getElementById("app").replaceWith(top_, main, bottom);
  const { field, seal } = await openPhone(root.dataset.build);
  await openDrafts(seal);
  keepFor(() => field.state().account?.user_id ?? "");
  const ctx = makeContext(field, (await recallForAll("prefs")) ?? {}, root.dataset.build, () => render(ctx));
  speak(ctx.prefs.language ?? root.lang);
  await ctx.meet();
  follow(ctx, () => render(ctx));
  field.subscribe(() => refresh(ctx));
  setInterval(tick, 1000);
  await render(ctx);
  root.dataset.ready = "true";
  performance.mark("field-ready");
  watchWorker(ctx, () => refresh(ctx));
  ctx.keepInTouch();
}

// Running clocks are the only thing that changes by itself.
function tick() {
  for (const node of document.querySelectorAll("[data-since]")) {
    node.textContent = running(Date.now() - Number(node.dataset.since));
  }
}

start().catch((error) => {
  console.error(error);
  const text = t("The app could not start: this browser does not let it keep data. Leave private browsing, or free some storage, and open it again.");
  document.body.prepend(h("p", { class: "notice is-bad", role: "alert" }, text));
});
