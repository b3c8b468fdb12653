// What the customer reads, accepts and signs, on the engineer's phone (rule 22).
import SignaturePad from "signature_pad";
import { sha256 } from "../core/bytes.js";
import { summary } from "../core/summary.js";
import { button, h, icon, toast } from "./dom.js";
import { forget, hold, recall } from "./drafts.js";
import { whatHappened } from "./entry.js";
import { field } from "./fields.js";
import { date, money } from "./format.js";
import { outcomeLabel } from "./labels.js";
import { t } from "./say.js";
import { stillRunning } from "./timers.js";

/** The text that the customer signs, in the language that the phone shows. */
function wording(ctx, job) {
  const outcome = job.record.completed?.outcome;
  return summary(job, {
    labels: {
      number: t("Job"),
      device: t("Device"),
      fault: t("Fault found"),
      result: t("Result of the work"),
      parts: t("Parts used"),
      tools: t("Tools used"),
      minutes: t("Work time in minutes"),
      cost: t("Estimated cost in yuan"),
      quotation: t("Quotation in yuan"),
      advice: t("Advice on use"),
      outcome: t("Outcome"),
      engineer: t("Engineer"),
      date: t("Date"),
    },
    engineer: ctx.field.state().account?.name ?? "",
    date: date(Date.now()),
    outcome: outcome ? outcomeLabel(job, outcome) : "",
    accepted: t("accepted"),
    declined: t("not accepted"),
    none: t("none"),
    colon: t(": "),
  });
}

export async function signScreen(ctx, job) {
  const key = `${job.task_id}/sign`;
  const back = `#/jobs/${job.task_id}/work`;
  const text = wording(ctx, job);
  const values = { name: job.customer?.contact || job.customer?.name || "", strokes: [], ...(await recall(key)) };
  const typed = () => hold(key, values);
  const name = field({ name: "name", label: t("Name of who signs"), required: true, max: 60 }, values, typed);
  const board = signingBoard(values.strokes, (strokes) => {
    values.strokes = strokes;
    error.hidden = true;
    typed();
  });
  const error = h("p", { class: "error", hidden: true, id: "sign-error" }, icon("exclamation-triangle"), t("The signature is missing."));

  async function save() {
    const wrong = name.check();
    name.wrong(wrong);
    if (wrong) return name.input.focus();
    if (board.isEmpty()) {
      error.hidden = false;
      return board.canvas.scrollIntoView({ block: "center" });
    }
    try {
      const body = { name: values.name.trim(), summary: text, summary_sha256: await sha256(text) };
      await ctx.record(job.task_id, "signature", body, { file: { bytes: await board.png(), mime: "image/png", thumbnail: "" } });
    } catch (problem) {
      return toast(whatHappened(problem), "bad");
    }
    await forget(key);
    toast(t("Signature saved on this phone"));
    return ctx.leave(back);
  }
  return {
    title: t("For the customer to sign"),
    back,
    mounted: board.fit,
    main: [
      // What comes after a signature is not covered by it.
      stillRunning(ctx, job, t("The timer is still running; the signature is to cover the whole time.")),
      h("section", { class: "card paper" }, h("h2", null, t("Please read this")), h("dl", { class: "paper-lines", id: "summary" }, lines(text))),
      name.node,
      h("div", { class: "field" }, h("p", { class: "label", id: "sign-label" }, t("Sign here with the finger")), h("div", { class: "board" }, board.canvas, h("span", { class: "board-line" })), error),
      button("clear", t("Clear"), () => board.clear(), { kind: "is-small", symbol: "arrow-path" }),
      h("p", { class: "hint" }, t("By signing you confirm that you have read this.")),
    ],
    bottom: [button("save", t("Save the signature"), save, { kind: "is-main", symbol: "check" })],
  };
}

function lines(text) {
  const colon = t(": ");
  return text.split("\n").map((line) => {
    const at = line.indexOf(colon);
    return h("div", null, h("dt", null, line.slice(0, at)), h("dd", null, line.slice(at + colon.length)));
  });
}

/** A board for the finger or the mouse; `drawn` is told the strokes after each. */
function signingBoard(strokes, drawn) {
  const canvas = h("canvas", { id: "board", role: "img", "aria-labelledby": "sign-label", tabindex: "0" });
  const pad = new SignaturePad(canvas, { backgroundColor: "#fff", penColor: "#10181f", minWidth: 1.2, maxWidth: 3.4 });
  pad.addEventListener("endStroke", () => drawn(pad.toData()));
  return {
    canvas,
    isEmpty: () => pad.isEmpty(),
    clear() {
      pad.clear();
      drawn([]);
    },
    // Once it has its place on the screen: a canvas has as many points as its place has pixels.
    fit() {
      const fine = Math.max(devicePixelRatio || 1, 1);
      canvas.width = canvas.offsetWidth * fine;
      canvas.height = canvas.offsetHeight * fine;
      canvas.getContext("2d").scale(fine, fine);
      pad.clear();
      if (strokes.length) pad.fromData(strokes);
    },
    png: () => new Promise((resolve) => canvas.toBlob(async (blob) => resolve(await blob.arrayBuffer()), "image/png")),
  };
}

/** What it will cost, large, for the customer to accept before charged work begins. */
export async function quoteScreen(ctx, job) {
  const key = `${job.task_id}/quote`;
  const back = `#/jobs/${job.task_id}/work`;
  const estimate = job.entries.findLast((entry) => entry.kind === "estimate" && !entry.voided_by);
  const asked = job.record.quotation ?? estimate?.body;
  const first = { amount: asked?.amount ?? job.values_before?.estimate ?? "", text: asked?.text ?? "" };
  // The customer's tick is for what stands there now: it is no draft, and ends with every change.
  const kept = await recall(key);
  const values = { amount: kept?.amount || first.amount, text: kept?.text || first.text, accepted: false };
  let shown = { ...values };
  const draw = () => {
    const amount = Number(String(values.amount).replace(",", "."));
    figure.replaceChildren(values.amount !== "" && Number.isFinite(amount) ? money(amount) : "¥ —");
  };
  const figure = h("output", { class: "figure", "aria-live": "polite" });
  const typed = () => {
    const { amount, text } = values;
    if (amount !== shown.amount || text !== shown.text) {
      shown = { amount, text };
      values.accepted = false;
      fields[2].input.checked = false;
    }
    hold(key, { amount, text });
    draw();
  };
  const fields = [
    { name: "amount", type: "number", label: t("Amount"), unit: t("yuan"), required: true },
    { name: "text", type: "long", rows: 3, label: t("What it is for") },
    { name: "accepted", type: "check", label: t("I am the customer. I have read the amount and agree that the work is done for it.") },
  ].map((one) => field(one, values, typed));
  draw();

  const save = (accepted) => async () => {
    const wrong = fields.slice(0, 2).map((one) => [one, one.check()]);
    wrong.forEach(([one, text]) => one.wrong(text));
    if (accepted && !values.accepted) fields[2].wrong(t("The customer has to agree first."));
    const first_ = wrong.find(([, text]) => text)?.[0] ?? (accepted && !values.accepted ? fields[2] : null);
    if (first_) return first_.input.focus();
    const body = { amount: String(values.amount).trim().replace(",", "."), accepted, text: values.text.trim() };
    try {
      await ctx.record(job.task_id, "quotation", body);
    } catch (problem) {
      return toast(whatHappened(problem), "bad");
    }
    await forget(key);
    toast(accepted ? t("Acceptance saved") : t("Refusal saved"));
    return ctx.leave(back);
  };
  return {
    title: t("Quotation to the customer"),
    back,
    main: [h("section", { class: "card figure-card" }, h("p", { class: "label" }, t("Cost of the work")), figure), fields.map((one) => one.node)],
    bottom: [button("accept", t("Agreed"), save(true), { kind: "is-main", symbol: "check" }), button("refuse", t("Not agreed"), save(false), { symbol: "x-mark" })],
  };
}
