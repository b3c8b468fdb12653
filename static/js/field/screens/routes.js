// Which address after the # is which screen, and how one moves between them.
import { accountScreen } from "./account.js";
import { completeScreen } from "./complete.js";
import { h, icon } from "./dom.js";
import { doorScreen } from "./door.js";
import { addScreen } from "./forms.js";
import { jobScreen } from "./job.js";
import { jobsScreen } from "./jobs.js";
import { outboxScreen } from "./outbox.js";
import { lookScreen, photoScreen } from "./photo.js";
import { t } from "./say.js";
import { quoteScreen, signScreen } from "./sign.js";

const of = (make) => (ctx, id, ...more) => {
  const job = ctx.field.job(/^\d+$/.test(id) ? Number(id) : id);
  return job ? make(ctx, job, ...more) : null;
};

const ROUTES = [
  [/^#\/$/, jobsScreen],
  [/^#\/jobs\/([\w-]+)$/, of((ctx, job) => jobScreen(ctx, job, ""))],
  [/^#\/jobs\/([\w-]+)\/(work|log)$/, of(jobScreen)],
  [/^#\/jobs\/([\w-]+)\/add\/(\w+)$/, of(addScreen)],
  [/^#\/jobs\/([\w-]+)\/photo$/, of(photoScreen)],
  [/^#\/jobs\/([\w-]+)\/photos\/([\w-]+)$/, of(lookScreen)],
  [/^#\/jobs\/([\w-]+)\/quote$/, of(quoteScreen)],
  [/^#\/jobs\/([\w-]+)\/sign$/, of(signScreen)],
  [/^#\/jobs\/([\w-]+)\/complete$/, of(completeScreen)],
  [/^#\/outbox$/, outboxScreen],
  [/^#\/account$/, accountScreen],
  [/^#\/sign-in$/, doorScreen],
];
// What a phone without an owner shows besides the door.
const OPEN = ["#/account", "#/outbox"];

/** The screen at `hash`; the way in where the phone is nobody's yet. */
export async function screenFor(ctx, hash) {
  if (!ctx.field.state().account && !OPEN.includes(hash)) return doorScreen(ctx);
  for (const [pattern, make] of ROUTES) {
    const found = pattern.exec(hash);
    if (found) return (await make(ctx, ...found.slice(1))) ?? nothing();
  }
  return nothing();
}

function nothing() {
  return {
    title: t("Not here"),
    back: "#/",
    live: true,
    main: h("section", { class: "empty" }, icon("eye"), h("p", null, t("This is not on this phone any more. Nothing that you recorded is lost."))),
  };
}

/** Draw anew at every move; tabs take each other's place, so that "back" leads out of them. */
export function follow(ctx, render) {
  addEventListener("hashchange", () => {
    ctx.moved();
    render();
  });
  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.("a[data-replace]");
    if (!tab) return;
    event.preventDefault();
    ctx.go(tab.getAttribute("href"), true);
  });
  const last = ctx.lastPlace();
  if (!location.hash && last && last !== "#/" && last !== "#/sign-in") ctx.go(last, true);
}
