// Every entry of a job, with how far it has come (rule 30); a wrong one is voided, never changed.
import { button, confirm, h, icon, toast } from "./dom.js";
import { whatHappened } from "./entry.js";
import { when } from "./format.js";
import { gist, kindLabel, stateLabel } from "./labels.js";
import { t } from "./say.js";

// Longer than this is cut to three lines until it is tapped.
const LONG = 120;
// Nobody takes back by this that they were there, or that the visit ended.
const LASTING = new Set(["void", "complete", "receipt", "signature"]);

export function logPart(ctx, job) {
  const entries = [...job.entries].reverse();
  if (!entries.length) {
    return h("section", { class: "empty" }, icon("pencil-square"), h("p", null, t("Nothing is recorded yet. What you enter stands here, with how far it has come.")));
  }
  return h("ol", { class: "log" }, entries.map((entry) => line(ctx, job, entry)));
}

function line(ctx, job, entry) {
  const said = gist(job, entry);
  return h(
    "li",
    { class: `card entry-line is-${entry.state}`, id: `entry-${entry.op_id}` },
    h(
      "p",
      { class: "entry-head" },
      h("strong", null, kindLabel(entry.kind)),
      h("time", { datetime: new Date(entry.at).toISOString() }, when(entry.at)),
    ),
    said && words(ctx, entry, said),
    entry.kind === "photo" && entry.body.file?.thumbnail &&
      h("a", { class: "entry-photo", href: `#/jobs/${job.task_id}/photos/${entry.op_id}` },
        h("img", { src: `data:image/jpeg;base64,${entry.body.file.thumbnail}`, alt: entry.body.caption || t("Photo"), width: 84, height: 84 })),
    h(
      "div",
      { class: "entry-foot" },
      mark(entry.state),
      !entry.mine && h("span", { class: "quiet" }, t("By a colleague")),
      entry.state === "needs_you" && entry.message && h("span", { class: "entry-why" }, entry.message),
      entry.mine && !entry.voided_by && !LASTING.has(entry.kind) &&
        button(`void-${entry.op_id}`, t("Void"), () => voidEntry(ctx, job, entry), {
          kind: "is-quiet",
          "aria-label": t("Void: %(what)s", { what: kindLabel(entry.kind) }),
        }),
    ),
  );
}

function words(ctx, { op_id }, said) {
  if (said.length <= LONG) return h("p", { class: "entry-said" }, said);
  // Drawn anew at every change, it stays as it was left.
  const ontoggle = ({ target }) => (target.open ? ctx.opened.add(op_id) : ctx.opened.delete(op_id));
  return h("details", { class: "entry-said entry-long", open: ctx.opened.has(op_id), ontoggle }, h("summary", null, said));
}

const MARKS = {
  phone: "device-phone-mobile",
  received: "cloud-arrow-up",
  recorded: "check",
  needs_you: "exclamation-triangle",
  office: "eye",
  voided: "x-mark",
};

/** How far an entry has come. */
export const mark = (state) => h("span", { class: `mark is-${state}` }, icon(MARKS[state] ?? "clock"), stateLabel(state));

/** Asks for the reason; resolves to whether it was voided. */
export async function voidEntry(ctx, job, entry) {
  const reason = await confirm({
    title: t("Void this entry?"),
    lead: t("It stays in the log, struck through, and counts nowhere. Enter it anew afterwards if need be."),
    typed: { label: t("Why it was wrong"), missing: t("This has to be filled in.") },
    yes: t("Void it"),
    no: t("Keep it"),
  });
  if (!reason) return false;
  try {
    await ctx.field.void(job.task_id, entry.op_id, reason);
  } catch (error) {
    toast(whatHappened(error), "bad");
    return false;
  }
  ctx.wake();
  toast(t("It is voided"));
  return true;
}
