// A form that becomes one entry: what is half typed outlives the app, what is saved is safe.
import { forget, hold, recall } from "./drafts.js";
import { button, h, icon, toast } from "./dom.js";
import { field } from "./fields.js";
import { t } from "./say.js";

/**
 * A screen of fields. `body(values)` makes of them what is recorded by `save(values)`, which must
 * resolve only when it is safe. Nothing typed is lost when it is not.
 */
export async function entryScreen(ctx, { key, title, back, lead, first = {}, fields, above, changed, save, label, done }) {
  const kept = await recall(key);
  const values = { ...first, ...kept };
  const typed = () => {
    hold(key, values);
    changed?.(values);
  };
  const shown = fields(values).map((one) => field(one, values, typed));
  const problem = h("div", { class: "notice is-bad", role: "alert", tabindex: "-1", hidden: true });

  async function submit() {
    const wrong = shown.map((one) => [one, one.check()]).filter(([, text]) => text);
    shown.forEach((one) => one.wrong(""));
    wrong.forEach(([one, text]) => one.wrong(text));
    if (wrong.length) {
      wrong[0][0].input.focus();
      return;
    }
    problem.hidden = true;
    try {
      await save(values);
    } catch (error) {
      problem.hidden = false;
      problem.replaceChildren(icon("exclamation-triangle"), h("p", null, whatHappened(error)));
      problem.focus();
      return;
    }
    await forget(key);
    toast(done ?? t("Saved on this phone"));
    await ctx.leave(back);
  }

  const form = h(
    "form",
    {
      class: "entry",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        document.getElementById("do-save").click();
      },
    },
    problem,
    lead && h("p", { class: "lead" }, lead),
    above,
    shown.map((one) => one.node),
    kept && h("p", { class: "hint" }, t("What you had typed here before was kept.")),
    // So that Enter in a field saves.
    h("button", { type: "submit", hidden: true }),
  );
  return { title, back, mounted: () => changed?.(values), main: form, bottom: [button("save", label ?? t("Save"), submit, { kind: "is-main" })] };
}

/** Why something could not be saved on the phone, and what to do. */
export function whatHappened(error) {
  if (error?.name === "TooLarge") return t("This is too long for one entry. Shorten it, or divide it.");
  return t("The phone could not save this. Free some storage and try again: what you typed is still here.");
}
