// A timer that runs is stopped where it is in the way, too: it is no reason to go elsewhere first.
import { button, h, icon, toast } from "./dom.js";
import { whatHappened } from "./entry.js";
import { t } from "./say.js";

/** Stop what runs of one's own on a job; each is saved when this resolves. */
export async function stopTimers(ctx, job) {
  const { runningTimers } = (ctx.field.job(job.task_id) ?? job).record;
  for (const { timer } of runningTimers) await ctx.record(job.task_id, "timer_stop", { timer });
}

/** Says that a timer runs, with what is to be known of it here, and stops it; null where none does. */
export function stillRunning(ctx, job, text) {
  if (!job.record.runningTimers.length) return null;
  const stop = async () => {
    try {
      await stopTimers(ctx, job);
    } catch (error) {
      return toast(whatHappened(error), "bad");
    }
    toast(t("Timer stopped"));
    await ctx.refresh();
  };
  return h("div", { class: "notice is-warn" }, icon("exclamation-triangle"), h("p", null, text), button("stop-first", t("Stop the timer"), stop, { kind: "is-small" }));
}
