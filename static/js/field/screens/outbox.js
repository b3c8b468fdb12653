// What is still on this phone, why, and what can be done about it (rule 30).
import { button, h, icon, toast } from "./dom.js";
import { hold } from "./drafts.js";
import { size, when } from "./format.js";
import { kindLabel } from "./labels.js";
import { mark } from "./log.js";
import { share } from "./sharing.js";
import { t } from "./say.js";

export async function outboxScreen(ctx) {
  const state = ctx.field.state();
  const waiting = await ctx.field.outbox();
  const send = button("send", state.sending ? t("Sending …") : t("Send now"), () => sendNow(ctx), { kind: "is-main", symbol: "arrow-path" });
  const main = waiting.length
    ? [
        h("p", { class: "lead" }, said(state)),
        h("ol", { class: "log" }, waiting.map((one) => line(ctx, one))),
      ]
    : [h("section", { class: "empty" }, icon("check"), h("p", null, t("Everything is sent. Nothing waits on this phone.")), lastSeen(state))];
  return {
    title: t("To be sent"),
    back: "#/",
    live: true,
    main,
    bottom: [send, waiting.length > 0 && button("export", t("Export"), () => share(ctx), { symbol: "arrow-up-tray" })],
  };
}

const lastSeen = (state) => state.seenAt && h("p", { class: "quiet" }, t("The server was last reached at %(when)s.", { when: when(state.seenAt) }));

function said(state) {
  const since = state.oldest ? t("the oldest since %(when)s", { when: when(state.oldest) }) : "";
  const counted = t("%(count)s entries wait", { count: state.waiting });
  const files = state.files ? t("%(count)s photos to come", { count: state.files }) : "";
  return [[state.waiting ? counted : "", files, since].filter(Boolean).join(t(", ")), t("They are safe on this phone and go by themselves as soon as the server is reached.")].join(t(". "));
}

async function sendNow(ctx) {
  const { ok } = await ctx.sync("button");
  const left = ctx.field.state().waiting;
  if (ok) toast(left ? t("The server was reached; some entries still wait.") : t("Sent"));
  else toast(t("The server was not reached. Everything stays safe here and goes later."), "bad");
}

function line(ctx, one) {
  const job = ctx.field.job(one.job_id);
  const entry = job?.entries.find(({ op_id }) => op_id === one.op_id);
  const { state } = one;
  return h(
    "li",
    { class: `card entry-line is-${state}`, id: `waits-${one.op_id}` },
    h("p", { class: "entry-head" }, h("strong", null, kindLabel(one.kind)), h("time", { datetime: new Date(one.at).toISOString() }, when(one.at))),
    h("p", { class: "entry-said quiet" }, job ? h("a", { href: `#/jobs/${job.task_id}/log` }, `${job.number} ${job.subject}`) : t("A job that is not on this phone")),
    h("p", { class: "entry-foot" }, mark(state), one.file && h("span", { class: "quiet" }, t("%(sent)s of %(size)s", { sent: size(one.file.sent), size: size(one.file.size) }))),
    reason(one, state) && h("p", { class: "entry-why" }, reason(one, state)),
    state === "needs_you" &&
      h(
        "p",
        { class: "entry-buttons" },
        one.file?.damaged && button(`retry-${one.op_id}`, t("Send it again"), () => ctx.field.retry(one.op_id), { kind: "is-small" }),
        !one.file?.damaged && job && entry && button(`fix-${one.op_id}`, t("Enter it anew"), () => fix(ctx, job, entry), { kind: "is-small" }),
      ),
  );
}

function reason(one, state) {
  if (state === "needs_you") return one.message || t("The server could not read it. It is kept there whole; enter it anew.");
  if (state === "office") return t("It does not fit the job as it stands now. The office has it and decides.");
  if (one.state === "received") return t("The entry is in; its photo follows.");
  if (!one.mine) return t("Recorded by another user of this phone.");
  return one.message;
}

const PATHS = { photo: "photo", signature: "sign", quotation: "quote", complete: "complete" };

/** The server keeps what it could not read; here it stands in its form again, to be saved anew. */
async function fix(ctx, job, entry) {
  const path = PATHS[entry.kind] ?? `add/${entry.kind}`;
  if (!PATHS[entry.kind]) hold(`${job.task_id}/${entry.kind}`, entry.body);
  await ctx.field.dismiss(entry.op_id);
  ctx.go(`#/jobs/${job.task_id}/${path}`);
}
