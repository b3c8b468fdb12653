// Signing in where one stands: what waits on the phone stays as it is (rule 27).
import { button, h, icon, toast } from "./dom.js";
import { t } from "./say.js";

/** Who the server says is asking; null where it was not reached. */
export async function whoAmI() {
  try {
    const answer = await fetch("/field/v1/me", { headers: { accept: "application/json" }, cache: "no-store" });
    return answer.ok && answer.headers.get("x-field-sync") ? await answer.json() : null;
  } catch {
    return null;
  }
}

export async function doorScreen(ctx) {
  const { account } = ctx.field.state();
  const me = await whoAmI();
  if (!me) return unreachable(ctx);
  if (me.user && (!account || account.user_id === me.user.id)) return recognised(ctx, me.user);
  return form(ctx, account);
}

function unreachable(ctx) {
  return {
    title: t("Sign in"),
    main: h(
      "section",
      { class: "empty" },
      icon("signal-slash"),
      h("p", null, t("The server is not reached. The first sign-in on a phone needs a network; afterwards everything works without.")),
      button("again", t("Try again"), () => ctx.refresh(), { kind: "is-main", symbol: "arrow-path" }),
    ),
  };
}

/** Signed in already, by the portal's own pages. */
function recognised(ctx, user) {
  return {
    title: t("Sign in"),
    main: h(
      "section",
      { class: "empty" },
      icon("user-circle"),
      h("p", { class: "big" }, user.name),
      h("p", null, t("Your jobs come to this phone, and what you record goes back under your name.")),
      button("enter", t("Use this phone"), () => enter(ctx, user), { kind: "is-main" }),
      button("other", t("Somebody else"), async () => {
        await leavePortal();
        await ctx.refresh();
      }),
    ),
  };
}

function form(ctx, account) {
  const login = h("input", { id: "login", class: "input", type: "text", autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 60 });
  const password = h("input", { id: "password", class: "input", type: "password", autocomplete: "current-password", maxlength: 200 });
  const error = h("p", { class: "error", role: "alert", hidden: true, id: "door-error" });
  const say = (text) => {
    error.hidden = !text;
    error.replaceChildren(icon("exclamation-triangle"), text);
  };
  async function submit() {
    say("");
    error.hidden = true;
    if (!login.value.trim() || !password.value) return say(t("Type your login and your password."));
    const outcome = await signIn(login.value, password.value);
    if (outcome.problem) return say(outcome.problem);
    password.value = "";
    return enter(ctx, outcome.user, say);
  }
  const shell = h(
    "form",
    {
      class: "entry",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        document.getElementById("do-sign-in").click();
      },
    },
    account
      ? h("p", { class: "lead" }, t("What %(name)s recorded stays on this phone and is sent, whoever signs in.", { name: account.name }))
      : h("p", { class: "lead" }, t("With the same login as in the portal. Afterwards the app works without a network.")),
    h("div", { class: "field" }, h("label", { class: "label", for: "login" }, t("Login")), login),
    h("div", { class: "field" }, h("label", { class: "label", for: "password" }, t("Password")), password, error),
    h("button", { type: "submit", hidden: true }),
  );
  return {
    title: t("Sign in"),
    back: account ? "#/" : "",
    main: shell,
    bottom: [button("sign-in", t("Sign in"), submit, { kind: "is-main" })],
  };
}

/** {user} or {problem}. The portal's own form is sent; its redirect says that it was right. */
async function signIn(login, password) {
  const before = await whoAmI();
  if (!before) return { problem: t("The server is not reached. Try again where there is a network.") };
  const answer = await fetch("/sign-in", {
    method: "POST",
    headers: { "x-csrftoken": before.csrf, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ login, password, next: "/field/" }),
    redirect: "manual",
  }).catch(() => null);
  if (answer?.status === 429) return { problem: t("Too many attempts. Wait a quarter of an hour.") };
  if (answer?.type !== "opaqueredirect") {
    const wrong = answer && answer.status < 500;
    return { problem: wrong ? t("Login or password is wrong.") : t("The server is not reached. Try again where there is a network.") };
  }
  const after = await whoAmI();
  return after?.user ? { user: after.user } : { problem: t("Signing in did not work. Try again.") };
}

/** Make the phone the user's own, and fetch what is theirs. */
async function enter(ctx, user, say = (text) => toast(text, "bad")) {
  if (!user.is_engineer) return say(t("This app is for repair engineers. Ask an administrator for the role."));
  try {
    await ctx.field.register();
  } catch (error) {
    if (error.name === "NotAllowed") return say(t("This app is for repair engineers. Ask an administrator for the role."));
    return say(t("The phone could not be registered. Try again."));
  }
  await ctx.keepStorage();
  await ctx.sync("start");
  return ctx.go("#/", true);
}

/** End the session in the portal; what the phone holds is not touched. */
export async function leavePortal() {
  const me = await whoAmI();
  if (!me?.user) return;
  await fetch("/sign-out", { method: "POST", headers: { "x-csrftoken": me.csrf }, redirect: "manual" }).catch(() => null);
}
