// Whose phone this is, what it holds, and the ways out.
import { button, confirm, h, link } from "./dom.js";
import { leavePortal } from "./door.js";
import { size, when } from "./format.js";
import { share } from "./sharing.js";
import { language, t } from "./say.js";

export function accountScreen(ctx) {
  const state = ctx.field.state();
  const { account, storage, waiting, files, seenAt } = state;
  const left = waiting + files;
  return {
    title: t("My phone"),
    back: "#/",
    live: true,
    main: [
      h(
        "section",
        { class: "card" },
        h("h2", null, account ? account.name : t("Nobody is signed in")),
        h(
          "dl",
          { class: "facts" },
          fact(t("Waiting here"), left ? t("%(count)s to be sent", { count: left }) : t("nothing")),
          fact(t("Server last reached"), seenAt ? when(seenAt) : t("never")),
          fact(t("Storage"), storageLine(storage)),
          account && fact(t("Device"), account.device_id.slice(0, 8)),
          fact(t("App version"), ctx.build),
        ),
        storage?.persisted === false && button("persist", t("Ask the phone to keep the data"), () => ctx.keepStorage(true), { kind: "is-wide" }),
      ),
      h(
        "section",
        { class: "card" },
        h("h2", null, t("Language")),
        h("div", { class: "pair" }, tongue(ctx, "zh-CN", "中文"), tongue(ctx, "en", "English")),
      ),
      h(
        "section",
        { class: "card" },
        h("h2", null, t("Place on arrival")),
        h(
          "label",
          { class: "tick", for: "position" },
          h("input", { type: "checkbox", id: "position", checked: Boolean(ctx.prefs.position), onchange: (event) => ctx.prefer({ position: event.target.checked }) }),
          h("span", null, t("Note the place when I arrive and leave")),
        ),
        h("p", { class: "hint" }, t("It is never noted at other times.")),
      ),
      h("p", { class: "hint" }, t("What you record is encrypted on this phone. Whoever holds it unlocked can still read it: use a screen lock.")),
    ],
    bottom: account
      ? [
          state.signedIn ? button("sign-out", t("Sign out"), () => signOut(ctx)) : link("#/sign-in", t("Sign in"), { kind: "is-main" }),
          left > 0 && button("export", t("Export"), () => share(ctx), { symbol: "arrow-up-tray" }),
        ]
      : [link("#/sign-in", t("Sign in"), { kind: "is-main" })],
  };
}

const fact = (name, value) => h("div", null, h("dt", null, name), h("dd", null, value));

function storageLine(storage) {
  if (!storage) return "—";
  const kept = storage.persisted ? t("kept") : t("may be cleared by the phone");
  return storage.quota ? t("%(used)s used, %(kept)s", { used: size(storage.used ?? 0), kept }) : kept;
}

const tongue = (ctx, tag, label) =>
  button(`language-${tag}`, label, () => ctx.prefer({ language: tag }), {
    lang: tag,
    kind: language() === tag ? "is-chosen" : "",
    "aria-pressed": String(language() === tag),
  });

async function signOut(ctx) {
  const { waiting, files } = ctx.field.state();
  const count = waiting + files;
  if (count) {
    const sure = await confirm({
      title: t("%(count)s not sent yet", { count }),
      lead: t("Send or export first, if you can. If you sign out now, they stay sealed on this phone and are sent as soon as it reaches the server."),
      yes: t("Sign out all the same"),
      no: t("Stay signed in"),
    });
    if (!sure) return;
  }
  await ctx.field.leave({ force: true });
  await leavePortal();
  ctx.go("#/sign-in", true);
}
