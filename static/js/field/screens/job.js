// A job: what there is to know, what there is to record, and what was recorded.
import { minutesOf } from "../core/minutes.js";
import { button, confirm, h, icon, link, toast } from "./dom.js";
import { whatHappened } from "./entry.js";
import { date, day, duration, phone, running, span, when } from "./format.js";
import { howEnded, isTelling, outcomeLabel, URGENCY } from "./labels.js";
import { logPart } from "./log.js";
import { here } from "./position.js";
import { either, t } from "./say.js";
import { stopTimers } from "./timers.js";
import { workPart } from "./work.js";

const TIMER = "work";

/** The screen of a job; `part` is "", "work" or "log". */
export function jobScreen(ctx, job, part) {
  const parts = { "": () => overview(ctx, job), work: () => workPart(job), log: () => logPart(ctx, job) };
  return {
    title: job.number,
    back: "#/",
    live: true,
    main: [heading(job), banners(ctx, job), tabs(job, part), (parts[part] ?? parts[""])()],
    bottom: bottom(ctx, job, part),
  };
}

function heading(job) {
  return h(
    "div",
    { class: "job-head" },
    h("p", { class: "job-title" }, job.subject),
    h(
      "p",
      { class: "job-when" },
      icon("clock"),
      h("span", null, job.window ? `${day(job.window.from)} ${span(job.window)}` : either(job.step?.title) || t("No time agreed")),
      h("span", { class: `badge is-${job.urgency}` }, URGENCY()[job.urgency] ?? job.urgency),
    ),
  );
}

function tabs(job, current) {
  const base = `#/jobs/${job.task_id}`;
  const tab = (part, label) => {
    const is = part === current ? "page" : undefined;
    return h("a", { href: part ? `${base}/${part}` : base, id: `tab-${part || "job"}`, "aria-current": is, "data-replace": true }, label);
  };
  return h("nav", { class: "tabs", "aria-label": t("Parts of the job") }, tab("", t("Job")), tab("work", t("Record")), tab("log", t("Log")));
}

/** What the office did meanwhile, what stands in the way (rule 6). */
function banners(ctx, job) {
  const said = [];
  if (job.revoked && job.is_open) {
    const text = job.pinned
      ? t("The office gave this job to somebody else. What you recorded stays here until it has been sent, and is not lost.")
      : t("The office gave this job to somebody else. What you recorded is in the office's hands.");
    said.push(["warn", text]);
  } else if (!job.is_open) {
    said.push(["warn", t("This step is over: %(outcome)s. What you still record goes into the log.", { outcome: howEnded(job) })]);
  }
  const latest = job.changes?.findLast(({ by }) => by !== "customer") ?? job.changes?.at(-1);
  if (latest) {
    const at = { when: when(latest.at) };
    const text = latest.by === "customer"
      ? t("The customer wrote or chose something at %(when)s. What you see is the new state.", at)
      : job.pinned
      ? t("The office changed this job at %(when)s. What you see is the new state; your entries are kept.", at)
      : t("The office changed this job at %(when)s.", at);
    said.push(["info", text, button("seen", t("Noted"), () => ctx.field.seen(job.task_id), { kind: "is-small" })]);
  }
  return said.map(([kind, text, more]) => h("div", { class: `notice is-${kind}` }, icon("exclamation-triangle"), h("p", null, text), more));
}

function overview(ctx, job) {
  return [customer(ctx, job), device(job), symptom(job), told(job), before(job), office(job)];
}

function customer(ctx, job) {
  if (job.locked) {
    const why = ctx.field.state().revoked ? t("This phone is revoked.") : t("Sign in to see the customer's particulars again.");
    return h("section", { class: "card" }, h("p", null, why));
  }
  const { name, contact, phone: number } = job.customer;
  return h(
    "section",
    { class: "card" },
    h("h2", null, t("Customer")),
    h("p", { class: "big" }, name, contact && contact !== name && h("span", { class: "quiet" }, ` · ${contact}`)),
    number && link(`tel:${number}`, phone(number), { symbol: "phone", kind: "is-wide", id: "call" }),
    job.site && h("p", { class: "big" }, job.site.address, !job.site.address.includes(job.site.region) && h("span", { class: "quiet" }, ` · ${job.site.region}`)),
    job.site?.latitude != null &&
      link(`geo:${job.site.latitude},${job.site.longitude}?q=${job.site.latitude},${job.site.longitude}(${encodeURIComponent(name)})`, t("Show on the map"), { symbol: "map-pin", kind: "is-wide", id: "map" }),
  );
}

function device(job) {
  const one = job.device;
  if (!one) return null;
  const over = one.warranty_until && Date.parse(`${one.warranty_until}T23:59:59+08:00`) < Date.now();
  return h(
    "section",
    { class: "card" },
    h("h2", null, t("Device")),
    h("p", { class: "big" }, one.model),
    one.serial && h("p", null, h("span", { class: "quiet" }, t("Serial number")), " ", h("b", null, one.serial)),
    one.warranty_until &&
      h("p", null, h("span", { class: "quiet" }, over ? t("Warranty ended") : t("Under warranty until")), " ", h("b", null, date(one.warranty_until))),
  );
}

/** Whom to ask when something has to be decided. */
function office(job) {
  const one = job.case_owner;
  if (!one) return null;
  return h(
    "section",
    { class: "card" },
    h("h2", null, t("At the office")),
    h("p", { class: "big" }, one.name),
    one.phone && link(`tel:${one.phone}`, phone(one.phone), { symbol: "phone", kind: "is-wide", id: "call-office" }),
  );
}

const symptom = (job) => h("section", { class: "card" }, h("h2", null, t("Symptom")), h("p", { class: "as-typed" }, job.symptom || "—"), clause(job));

function clause(job) {
  const one = job.step?.clause;
  return one && h("p", { class: "hint" }, `${one.id} ${either(one)}`);
}

const SAID = () => ({
  words: t("The customer wrote"),
  press: t("The customer asks how far it is"),
  change: t("The customer changed the appointment"),
  cancel: t("The customer wants to cancel"),
  objection: t("The customer says it is not solved"),
});

/** What others said of the case that this visit has to mind, the newest first. */
function told(job) {
  if (!job.told?.length) return null;
  return h(
    "section",
    { class: "card", id: "told" },
    h("h2", null, t("To know")),
    h(
      "ul",
      { class: "visits" },
      job.told.map((one) =>
        h(
          "li",
          null,
          h("p", null, h("b", null, one.label ? either(one.label) : SAID()[one.kind] ?? SAID().words), h("span", { class: "quiet" }, ` · ${when(Date.parse(one.at))}`)),
          one.text && h("p", { class: "as-typed" }, one.text),
        ),
      ),
    ),
  );
}

function before(job) {
  if (!job.visits_before?.length) return null;
  return h(
    "section",
    { class: "card" },
    h("h2", null, t("Earlier visits to this device")),
    h(
      "ul",
      { class: "visits" },
      job.visits_before.map((visit) =>
        h(
          "li",
          null,
          h("p", null, h("b", null, date(visit.at)), ` · ${visit.engineer} · ${outcomeLabel(job, visit.outcome)}`),
          visit.fault && h("p", null, visit.fault),
          visit.parts && h("p", { class: "quiet" }, visit.parts),
          visit.remaining && h("p", null, visit.remaining),
        ),
      ),
    ),
  );
}

/** What comes next, under the thumb. */
function bottom(ctx, job, part) {
  const { record } = job;
  const once = (kind, body, done) => async () => {
    try {
      await ctx.record(job.task_id, kind, body);
      toast(done);
    } catch (error) {
      toast(whatHappened(error), "bad");
    }
  };
  const move = (kind, done) => async () => {
    const { position, consent } = await here(ctx);
    await once(kind, { consent, ...(position ? { position } : {}) }, done)();
  };
  const has = (kind) => job.entries.some((entry) => entry.kind === kind && !entry.voided_by);
  const isHere = record.arrivedAt && !record.leftAt;
  const ended = (record.completed || !job.is_open) && howEnded(job);
  const finish = link(`#/jobs/${job.task_id}/complete`, isTelling(job) ? t("Finish") : t("End the visit"), { id: "go-complete", symbol: "check", kind: isTelling(job) ? "is-main" : "" });
  const over = () => [h("p", { class: "bottom-said" }, icon("check"), t("Ended: %(outcome)s", { outcome: ended }))];
  if (isTelling(job)) return ended ? over() : [finish];
  if (job.is_open && !job.signed_for && !has("receipt") && !record.arrivedAt && !record.completed) {
    return [button("receipt", t("Sign for the job"), once("receipt", {}, t("Signed for")), { kind: "is-main", symbol: "check" })];
  }
  const leave = async () => {
    if (record.runningTimers.length && !(await stopsWith(ctx, job))) return;
    await move("leave", t("Departure saved"))();
  };
  const away = button("leave", t("Leave the site"), leave, { symbol: "x-mark" });
  if (record.completed) return over();
  const timer = record.runningTimers.find((one) => one.timer === TIMER);
  const stop = timer && button("timer-stop", [t("Stop"), " ", h("span", { "data-since": timer.since }, running(Date.now() - timer.since))], once("timer_stop", { timer: TIMER }, t("Timer stopped")), { symbol: "clock", kind: "is-running" });
  // Ended by others while somebody was on site: they still leave, and their clock is still stopped.
  if (ended) return stop || isHere ? [stop, isHere && away] : over();
  if (!isHere) {
    return [stop, button("arrive", t("I am here"), move("arrive", t("Arrival saved")), { kind: "is-main", symbol: "map-pin" }), finish];
  }
  const start = () => button("timer-start", minutesOf(record.seconds) > 0 && has("timer_start") ? t("Go on after %(time)s", { time: duration(record.seconds) }) : t("Start the timer"), once("timer_start", { timer: TIMER }, t("Timer started")), { symbol: "clock", kind: "is-main" });
  return [stop ?? start(), finish, part !== "work" && away];
}

/** Whoever leaves works no more: asked, as it is another entry; resolves to whether the timer stands still now. */
async function stopsWith(ctx, job) {
  const sure = await confirm({
    title: t("The timer is still running"),
    lead: t("Leaving the site stops it. Both are saved, first the stop."),
    yes: t("Stop it and leave"),
    no: t("Stay here"),
    kind: "main",
  });
  if (!sure) return false;
  try {
    await stopTimers(ctx, job);
    return true;
  } catch (error) {
    toast(whatHappened(error), "bad");
    return false;
  }
}
