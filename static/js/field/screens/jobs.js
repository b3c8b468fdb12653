// One's jobs: today's first, then those to come, then what is over, case by case.
import { button, h, icon } from "./dom.js";
import { day, daysAway, span, when } from "./format.js";
import { howEnded, isTelling, URGENCY } from "./labels.js";
import { either, t } from "./say.js";

export function jobsScreen(ctx) {
  const { jobs, seenAt } = ctx.field.state();
  const sorted = [...jobs].sort((one, other) => begin(one) - begin(other) || one.task_id - other.task_id);
  const groups = [
    [t("Today"), sorted.filter((job) => !isOver(job) && away(job) <= 0).map(card)],
    [t("To come"), sorted.filter((job) => !isOver(job) && away(job) > 0).map(card)],
    [t("Over"), byCase(jobs.filter(isOver)).map(caseCard)],
  ];
  const main = jobs.length
    ? groups.filter(([, some]) => some.length).map(([title, some]) => group(title, some))
    : empty(ctx, seenAt);
  return { title: t("My jobs"), live: true, main };
}

const begin = (job) => (job.window ? Date.parse(job.window.from) : Infinity);
// What has no time yet is to be looked at today.
const away = (job) => (job.window ? daysAway(job.window.from) : 0);
const isOver = (job) => !job.is_open || (job.revoked && !job.pinned) || Boolean(job.record.completed);

function group(title, cards) {
  return h("section", { class: "group" }, h("h2", null, title, h("span", { class: "count" }, String(cards.length))), h("ul", { class: "jobs" }, cards));
}

/** Jobs that are over: a repair is told once, with its steps in their order; the case that ended last comes first. */
function byCase(jobs) {
  const cases = new Map();
  for (const job of [...jobs].sort((one, other) => one.task_id - other.task_id)) {
    cases.set(job.case_id, [...(cases.get(job.case_id) ?? []), job]);
  }
  const last = (steps) => Math.max(...steps.map(endedAt));
  return [...cases.values()].sort((one, other) => last(other) - last(one));
}

// By the server; of what it does not know yet, by this phone.
function endedAt(job) {
  const entry = job.entries.find(({ op_id }) => op_id === job.record.completed?.op_id);
  return Date.parse(job.ended?.at ?? "") || entry?.at || Date.parse(job.window?.until ?? "") || 0;
}

function caseCard(steps) {
  const { case_id, subject, number } = steps.at(-1);
  return h(
    "li",
    { class: "case-card", id: `case-${case_id}` },
    h("p", { class: "job-line" }, h("span", { class: "job-subject" }, subject), h("span", { class: "job-number" }, number)),
    h("ul", { class: "case-steps" }, steps.map((job) => h("li", null, step(job)))),
  );
}

function step(job) {
  const left = leftOf(job);
  const at = endedAt(job);
  return h(
    "a",
    { class: "case-step", href: `#/jobs/${job.task_id}`, id: `job-${job.task_id}` },
    h("b", null, either(job.step?.title)),
    left ? h("span", { class: `job-state is-${left[0]}` }, left[1]) : h("span", { class: "case-when" }, at > 0 && when(at)),
    h("span", { class: "case-outcome" }, howEnded(job)),
    icon("chevron-right"),
  );
}

/** What is still to be done about a job that is over. */
function leftOf(job) {
  if (job.entries.some((entry) => entry.state === "needs_you")) return ["needs", t("Needs you")];
  if (job.pinned) return ["waiting", t("To be sent")];
  return null;
}

function card(job) {
  const state = stateOf(job);
  return h(
    "li",
    null,
    h(
      "a",
      { class: `job-card is-${job.urgency}`, href: `#/jobs/${job.task_id}`, id: `job-${job.task_id}` },
      h(
        "span",
        { class: "job-line" },
        h("b", { class: "job-window" }, time(job)),
        job.urgency === "high" && h("span", { class: "badge is-high" }, URGENCY().high),
      ),
      h("span", { class: "job-subject" }, job.subject),
      job.site && h("span", { class: "job-place" }, icon("map-pin"), place(job.site)),
      h(
        "span",
        { class: "job-line" },
        h("span", { class: "job-number" }, job.number),
        h("span", { class: `job-state is-${state[0]}` }, state[1]),
      ),
    ),
  );
}

function time(job) {
  if (!job.window) return either(job.step?.title) || t("No time agreed");
  return away(job) === 0 ? span(job.window) : `${day(job.window.from)} ${span(job.window)}`;
}

// The district first, as the day is planned by it; once, where the address names it, too.
const place = ({ region, address }) => (address.includes(region) ? address : `${region} · ${address}`);

function stateOf(job) {
  if (job.revoked) return ["revoked", t("No longer yours")];
  if (job.entries.some((entry) => entry.state === "needs_you")) return ["needs", t("Needs you")];
  if (job.record.runningTimers.length) return ["running", t("Timer runs")];
  if (job.record.arrivedAt && !job.record.leftAt) return ["running", t("On site")];
  if (isTelling(job)) return ["new", t("To be told")];
  if (!job.signed_for && !job.entries.some(({ kind }) => kind === "receipt")) return ["new", t("New")];
  return ["open", job.pinned ? t("To be sent") : t("Signed for")];
}

function empty(ctx, seenAt) {
  return h(
    "section",
    { class: "empty" },
    icon("calendar-days"),
    h("p", null, seenAt ? t("You have no jobs on site now. New ones come here by themselves.") : t("Your jobs have not been fetched yet. This needs a network once.")),
    button("fetch", t("Look for jobs"), () => ctx.sync("button"), { symbol: "arrow-path" }),
  );
}
