// Ending a visit: the procedure's outcomes, each with what it still lacks.
import { button, confirm, h, icon, toast } from "./dom.js";
import { forget, hold, recall } from "./drafts.js";
import { whatHappened } from "./entry.js";
import { field } from "./fields.js";
import { isTelling } from "./labels.js";
import { here } from "./position.js";
import { either, t } from "./say.js";
import { stillRunning, stopTimers } from "./timers.js";

const WHERE = { fault: "add/fault", estimate: "add/estimate", tools: "add/tool", parts: "add/part", photos: "photo", signature: "sign", result: "add/result", advice: "add/advice" };

export async function completeScreen(ctx, job) {
  const key = `${job.task_id}/complete`;
  const back = `#/jobs/${job.task_id}`;
  const values = { outcome: "", remaining: "", ...(await recall(key)) };
  const typed = () => hold(key, values);
  const choices = h("div", { class: "outcomes", role: "radiogroup", "aria-label": t("How the visit ended") });
  const problem = h("div", { class: "notice is-bad", role: "alert", hidden: true });
  const remaining = field(
    { name: "remaining", type: "long", rows: 3, max: 2000, label: t("What is left, and what it takes"), required: true },
    values,
    typed,
  );
  const chosen = () => job.step.outcomes.find((one) => one.key === values.outcome);
  const needsWords = () => Boolean(chosen()?.required?.includes("remaining"));
  const choose = (outcome) => {
    values.outcome = outcome;
    typed();
    draw();
    document.getElementById(`outcome-${outcome}`).focus();
  };
  function draw() {
    problem.hidden = true;
    choices.replaceChildren(...job.step.outcomes.map((one) => outcome(job, one, values.outcome, choose)));
    remaining.node.hidden = !needsWords();
  }
  draw();

  const refuse = (text) => {
    problem.replaceChildren(icon("exclamation-triangle"), h("p", null, text));
    problem.hidden = false;
    problem.scrollIntoView({ block: "center" });
  };
  async function save() {
    // Pressed again when it was saved by then: there is nothing left to do here but to leave.
    if (ctx.field.job(job.task_id)?.record.completed) return ctx.leave(back);
    if (!chosen()) return refuse(t("Choose how the visit ended."));
    const lacking = missing(job, chosen()).map((name) => fieldName(job, name));
    if (lacking.length) return refuse(t("Missing: %(what)s", { what: lacking.join(t(", ")) }));
    const wrong = needsWords() ? remaining.check() : "";
    remaining.wrong(wrong);
    if (wrong) return remaining.input.focus();
    if (!(await isMeant(job, chosen()))) return;
    try {
      await stopTimers(ctx, job);
      await leave(ctx, job);
      await ctx.record(job.task_id, "complete", { outcome: values.outcome, remaining: needsWords() ? values.remaining.trim() : "" });
    } catch (error) {
      return refuse(whatHappened(error));
    }
    await forget(key);
    toast(t("The visit is ended, saved on this phone"));
    return ctx.leave(back);
  }
  return {
    title: isTelling(job) ? t("Finish") : t("End the visit"),
    back,
    main: [stillRunning(ctx, job, runsOn(job)), warnings(job), choices, remaining.node, problem],
    bottom: [button("save", isTelling(job) ? t("Finish") : t("End the visit"), save, { kind: "is-main", symbol: "check" })],
  };
}

/** Whoever ends the visit leaves with it; said before, as the job is over afterwards. */
async function leave(ctx, job) {
  const { arrivedAt, leftAt } = ctx.field.job(job.task_id)?.record ?? job.record;
  if (!arrivedAt || leftAt) return;
  const { position, consent } = await here(ctx);
  await ctx.record(job.task_id, "leave", { consent, ...(position ? { position } : {}) });
}

const runsOn = ({ record }) =>
  record.signature
    ? t("The timer is still running. Ending the visit stops it; the customer has signed without that time.")
    : t("The timer is still running. Ending the visit stops it.");

/** What was done goes without proof where the customer refuses: said before, and never in the way. An outcome that asks
 * for nothing tells of no work. */
async function isMeant(job, { required = [] }) {
  const { record } = job;
  const has = (key) => job.step.fields.some((one) => one.key === key);
  const unsigned = has("signature") && !record.signature;
  const unseen = has("photos") && !record.photos.length;
  if (!required.length || !(unsigned || unseen)) return true;
  const both = t("The customer has not signed, and no photo was taken.");
  const text = unsigned && unseen ? both : unsigned ? t("The customer has not signed.") : t("No photo was taken.");
  const then = t("The report goes without it. If the customer did not want it, write that in a note first.");
  return confirm({
    title: t("End the visit without it?"),
    lead: [text, then],
    yes: t("End it all the same"),
    no: t("Go back"),
    kind: "main",
  });
}

function warnings(job) {
  const { record } = job;
  const said = [];
  if (Number(record.values.estimate) > 0 && !record.quotation?.accepted) said.push(t("The customer has not accepted the cost."));
  if (record.signature && record.amended) said.push(t("Entries came after the signature: have it signed again, or write a note."));
  return said.map((text) => h("div", { class: "notice is-warn" }, icon("exclamation-triangle"), h("p", null, text)));
}

/** The keys of the fields that an outcome needs and that are not there. */
function missing(job, { required = [] }) {
  const { record } = job;
  const values = { ...job.values_before, ...record.values };
  const there = {
    fault: values.fault || values.result,
    estimate: values.estimate,
    tools: true, // where none was used, the record says so
    parts: true,
    minutes: record.seconds > 0,
    photos: record.photos.length,
    signature: record.signature,
    remaining: true,
    result: values.result,
    advice: values.advice,
  };
  return required.filter((key) => !there[key]);
}

function fieldName(job, key) {
  const found = job.step?.fields?.find((one) => one.key === key);
  const names = { fault: t("Fault found"), minutes: t("Work time"), result: t("Result of the work"), advice: t("Advice on use"), signature: t("Customer's signature"), photos: t("Photos"), estimate: t("Cost and time") };
  return found ? either(found.label) : (names[key] ?? key);
}

function outcome(job, one, chosen, choose) {
  const id = `outcome-${one.key}`;
  const lacking = missing(job, one);
  const input = h("input", { type: "radio", name: "outcome", id, checked: chosen === one.key, onchange: () => choose(one.key) });
  return h(
    "div",
    { class: `outcome ${chosen === one.key ? "is-chosen" : ""}` },
    h("label", { for: id }, input, h("span", null, either(one.label))),
    lacking.length > 0 &&
      h(
        "p",
        { class: "outcome-lacks" },
        t("Missing: "),
        lacking.map((key, i) => [i > 0 && t(", "), WHERE[key] ? h("a", { href: `#/jobs/${job.task_id}/${WHERE[key]}` }, fieldName(job, key)) : fieldName(job, key)]),
      ),
  );
}
