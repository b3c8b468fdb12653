// What is still on this phone, why, and what can be done about it (rule 30).
import { button, h, icon, toast } from "./dom.js";
import { hold } from "./drafts.js";
import { size, when } from "./format.js";
import { gist, kindLabel } from "./labels.js";
import { mark } from "./log.js";
import { share } from "./sharing.js";
import { t } from "./say.js";

export async function outboxScreen(ctx) {
  const state = ctx.field.state();
  const waiting = await ctx.field.outbox();
  const byJob = grouped(waiting);
  const send = button("send", state.sending ? t("Sending …") : t("Send now"), () => sendNow(ctx), { kind: "is-main", symbol: "arrow-path" });
  const unsent = state.waiting + state.files;
  return {
    title: t("To be sent"),
    back: "#/",
    live: true,
    main: [unsent ? h("p", { class: "lead" }, ...said(state)) : sent(state), [...byJob].map(([id, some]) => jobGroup(ctx, id, some))],
    bottom: [send, unsent > 0 && button("export", t("Export"), () => share(ctx), { symbol: "arrow-up-tray" })],
  };
}

function grouped(waiting) {
  const groups = new Map();
  for (const one of waiting) groups.set(one.job_id, [...(groups.get(one.job_id) ?? []), one]);
  return groups;
}

function sent(state) {
  const last = state.seenAt && h("p", { class: "quiet" }, t("The server was last reached at %(when)s.", { when: when(state.seenAt) }));
  return h("section", { class: "empty" }, icon("check"), h("p", null, t("Everything is sent. Nothing waits on this phone.")), last);
}

function said(state) {
  const counted = [
    state.waiting > 0 && t("%(count)s entries wait", { count: state.waiting }),
    state.files > 0 && t("%(count)s files to come", { count: state.files }),
    state.oldest && t("the oldest since %(when)s", { when: when(state.oldest) }),
  ];
  return [counted.filter(Boolean).join(t(", ")), t(". "), t("They are safe on this phone and go by themselves as soon as the server is reached.")];
}

async function sendNow(ctx) {
  const { ok } = await ctx.sync("button");
  const left = ctx.field.state().waiting;
  if (ok) toast(left ? t("The server was reached; some entries still wait.") : t("Sent"));
  else toast(t("The server was not reached. Everything stays safe here and goes later."), "bad");
}

function jobGroup(ctx, id, some) {
  const job = ctx.field.job(id);
  const title = job ? h("a", { href: `#/jobs/${job.task_id}/log` }, `${job.number} ${job.subject}`) : t("A job that is not on this phone");
  return h("section", { class: "card" }, h("h2", { class: "outbox-job" }, title), h("ol", { class: "rows" }, some.map((one) => line(ctx, job, one))));
}

function line(ctx, job, one) {
  const entry = job?.entries.find(({ op_id }) => op_id === one.op_id);
  return h(
    "li",
    { class: "outbox-line", id: `waits-${one.op_id}` },
    h("p", { class: "entry-head" }, h("b", null, kindLabel(one.kind)), h("time", { datetime: new Date(one.at).toISOString() }, when(one.at))),
    entry && h("p", { class: "outbox-gist" }, gist(job, entry)),
    h("p", { class: "entry-foot" }, mark(one.state), one.file && h("span", { class: "quiet" }, t("%(sent)s of %(size)s", { sent: size(one.file.sent), size: size(one.file.size) }))),
    reason(one) && h("p", { class: "entry-why" }, reason(one)),
    one.state === "needs_you" &&
      h(
        "p",
        { class: "entry-buttons" },
        one.file?.damaged && button(`retry-${one.op_id}`, t("Send it again"), () => ctx.field.retry(one.op_id), { kind: "is-small" }),
        !one.file?.damaged && entry && button(`fix-${one.op_id}`, t("Enter it anew"), () => fix(ctx, job, entry), { kind: "is-small" }),
      ),
  );
}

function reason({ state, code, mine, message, file }) {
  if (code === "revoked") return t("This phone is revoked. The entry lies in the office's inbox, where it is decided on.");
  if (!mine) return t("Recorded by another user of this phone.");
  if (state === "needs_you") return file?.damaged ? t("Its file arrived damaged.") : t("The server could not read it. It is kept there whole; enter it anew.");
  if (state === "office") return t("It does not fit the job as it stands now. The office has it and decides.");
  if (state === "received") return t("The entry is in; its file follows.");
  return message;
}

const PATHS = { photo: "photo", signature: "sign", quotation: "quote", complete: "complete" };

/** The server keeps what it could not read; here it stands in its form again, to be saved anew. */
async function fix(ctx, job, entry) {
  const path = PATHS[entry.kind] ?? `add/${entry.kind}`;
  if (!PATHS[entry.kind]) hold(`${job.task_id}/${entry.kind}`, entry.body);
  await ctx.field.dismiss(entry.op_id);
  ctx.go(`#/jobs/${job.task_id}/${path}`);
}
