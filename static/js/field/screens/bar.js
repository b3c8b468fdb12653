// The line on top of every screen: how much waits, when the server was last reached, what it is
// doing (rule 30); below it what somebody has to know.
import { button, h, icon, link } from "./dom.js";
import { when } from "./format.js";
import { t } from "./say.js";

export function bar(ctx) {
  const state = ctx.field.state();
  const left = state.waiting + state.files;
  const [kind, symbol, word] = connection(state);
  return [
    h(
      "a",
      { class: `bar is-${kind}`, href: "#/outbox", id: "bar" },
      icon(symbol),
      h("span", { class: "bar-word" }, word),
      h("span", { class: "bar-count" }, left ? t("%(count)s to be sent", { count: left }) : t("all sent")),
      h("span", { class: "bar-seen" }, state.seenAt ? t("server %(when)s", { when: when(state.seenAt) }) : ""),
    ),
    notices(ctx, state),
  ];
}

function connection(state) {
  if (state.needs) return ["needs", "exclamation-triangle", t("%(count)s need you", { count: state.needs })];
  if (state.sending) return ["sending", "arrow-path", t("Sending")];
  if (!state.online) return ["away", "signal-slash", t("Offline")];
  return ["online", "check", t("Connected")];
}

function notices(ctx, state) {
  const all = [
    ["session", state.account && !state.signedIn, "warn", t("Your sign-in has ended. Everything you record is kept and sent; sign in to get new jobs."), () => link("#/sign-in", t("Sign in"), { kind: "is-small", id: "sign-in-again" })],
    ["revoked", state.revoked, "bad", t("This phone is revoked: it gets no jobs and shows no customers any more. What it still holds is sent to the office's inbox. If that is a mistake, ask the office.")],
    ["epoch", state.epochLost, "bad", t("This phone lost entries that it had not sent. Tell the office what you did since the last contact.")],
    ["upgrade", state.upgrade, "warn", t("This version gets no new jobs any more. Close the app, and open it again where there is a network.")],
    ["storage", state.storage?.persisted === false && state.account && location.hash.length < 3, "info", t("The phone may clear this app's data when its storage is full. Open the app often, and send before you put it away.")],
    ["update", ctx.updateReady, "info", t("A new version is ready. It starts the next time you open the app.")],
  ];
  return all
    .filter(([name, is]) => is && !ctx.isDismissed(name))
    .map(([name, , kind, text, way]) =>
      h(
        "div",
        { class: `banner is-${kind}`, role: kind === "bad" ? "alert" : "status", id: `banner-${name}` },
        h("p", null, text),
        way?.(),
        name !== "revoked" && button(`dismiss-${name}`, "", () => ctx.dismiss(name), { kind: "is-bare", symbol: "x-mark", "aria-label": t("Close") }),
      ),
    );
}
