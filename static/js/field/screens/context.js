// What every screen is given: the core, the ways between screens, and what the owner prefers.
import { hold, holdForAll, recall } from "./drafts.js";
import { speak } from "./say.js";

const HALF_A_DAY = 12 * 3600 * 1000;
const A_WEEK = 7 * 24 * 3600 * 1000;
const LEAST = 1_000;

// What is the phone's and not a person's; the language is of whoever chose it last where somebody has not.
const THE_PHONES = ["language", "persistAsked", "dismissed"];
const PERSONAL = ["position", "place"];
const some = (prefs, names) => Object.fromEntries(names.filter((name) => name in prefs).map((name) => [name, prefs[name]]));

/** `liked` is what was kept for the phone. */
export function makeContext(field, liked, build, refresh) {
  let phone = some(liked, THE_PHONES);
  let mine = {};
  let met;
  let depth = history.state?.depth ?? 0;
  let isReplacing = false;
  let round = null;
  let isMore = false;
  let timer;
  const dismissed = new Set();

  async function rounds(reason) {
    let result;
    do {
      isMore = false;
      result = await field.sync(reason);
    } while (isMore && result.ok);
    return result;
  }

  const ctx = {
    field,
    get prefs() {
      return { ...phone, ...mine };
    },
    build,
    refresh,
    updateReady: false,
    scrolled: new Map(),
    opened: new Set(),

    /** Keep something on this phone, and try to send it. */
    async record(jobId, kind, body, more) {
      const entry = await field.record(jobId, kind, body, more);
      ctx.wake();
      return entry;
    },
    /** Something waits: send it now, or when the network is back, even if the app is closed then. */
    wake() {
      ctx.sync("record");
      navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("field")).catch(() => null);
    },
    /** One round after the other: what was recorded during one is sent by the next. The core says
     * when another is due. */
    sync(reason) {
      if (round) isMore = true;
      round ??= rounds(reason).finally(() => {
        round = null;
        clearTimeout(timer);
        timer = setTimeout(() => ctx.sync("timer"), Math.max(LEAST, field.dueIn()));
      });
      return round;
    },

    go(hash, replace = false) {
      isReplacing = replace;
      if (replace) location.replace(hash);
      else location.hash = hash;
    },
    /** Back to where one came from; to `back` where the app was opened on this screen. Resolves when
     * the screen is left: until then its buttons are busy, so that nothing is saved twice. */
    leave(back) {
      const left = new Promise((resolve) => {
        addEventListener("hashchange", resolve, { once: true });
        setTimeout(resolve, 1000);
      });
      if (depth > 0) history.back();
      else ctx.go(back, true);
      return left;
    },
    /** How far the history goes back inside the app; told of every move. */
    moved() {
      if (history.state?.depth === undefined) {
        history.replaceState({ depth: isReplacing ? depth : depth + 1 }, "");
      }
      isReplacing = false;
      depth = history.state.depth;
    },

    /** Make what the user of now prefers what counts: consent and language are a person's. */
    async meet() {
      const user = field.state().account?.user_id ?? null;
      if (met === user) return;
      const found = (await recall("prefs")) ?? {};
      if ((field.state().account?.user_id ?? null) !== user) return ctx.meet();
      mine = found;
      met = user;
      if (ctx.prefs.language) speak(ctx.prefs.language);
    },
    async prefer(change) {
      await ctx.meet();
      mine = { ...mine, ...change };
      phone = { ...phone, ...some(change, THE_PHONES) };
      hold("prefs", some(mine, [...PERSONAL, "language"]));
      holdForAll("prefs", phone);
      if (change.language) {
        speak(change.language);
        await refresh();
      }
    },
    remember(hash) {
      ctx.prefer({ place: { hash, at: Date.now() } });
    },
    /** Where the engineer was when the phone closed the app, for half a day. */
    lastPlace() {
      const { hash, at } = ctx.prefs.place ?? {};
      return at > Date.now() - HALF_A_DAY ? hash : "";
    },
    isDismissed: (name) => dismissed.has(name) || ctx.prefs.dismissed?.[name] > Date.now() - A_WEEK,
    async dismiss(name) {
      dismissed.add(name);
      // What a phone is like does not change by tomorrow.
      if (name === "storage") await ctx.prefer({ dismissed: { [name]: Date.now() } });
      if (name === "epoch") await field.dismiss(name);
      await refresh();
    },

    /** Ask the phone, once, not to clear what the app keeps. */
    async keepStorage(again = false) {
      if (!navigator.storage?.persist || (ctx.prefs.persistAsked && !again)) return;
      await ctx.prefer({ persistAsked: true });
      await navigator.storage.persist().catch(() => false);
      await ctx.sync("storage");
    },

    /** When to send and to look for news: at the start, on coming back, on a network, and by time. */
    keepInTouch() {
      addEventListener("online", () => ctx.sync("online"));
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") ctx.sync("focus");
      });
      ctx.sync("start");
    },
  };
  return ctx;
}
