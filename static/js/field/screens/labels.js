// Words for what the record holds.
import { money } from "./format.js";
import { either, t } from "./say.js";

const KINDS = () => ({
  receipt: t("Signed for the job"),
  arrive: t("Arrived"),
  leave: t("Left the site"),
  timer_start: t("Work timer started"),
  timer_stop: t("Work timer stopped"),
  tool: t("Tool used"),
  part: t("Part used"),
  part_returned: t("Part returned"),
  note: t("Note"),
  photo: t("Photo"),
  reading: t("Reading"),
  estimate: t("Cost and time"),
  quotation: t("Quotation"),
  fault: t("Fault found"),
  result: t("Result of the work"),
  advice: t("Advice on use"),
  signature: t("Customer's signature"),
  complete: t("Visit ended"),
  void: t("Entry voided"),
});

export const kindLabel = (kind) => KINDS()[kind] ?? kind;

export const URGENCY = () => ({ high: t("Urgency: high"), medium: t("Urgency: medium"), low: t("Urgency: low") });

const STATES = () => ({
  phone: t("On this phone"),
  received: t("Received, photo to come"),
  recorded: t("In the record"),
  needs_you: t("Needs you"),
  office: t("The office is looking"),
  voided: t("Voided"),
});

export const stateLabel = (state) => STATES()[state] ?? state;

/** What an entry says, in one line. */
export function gist(job, { kind, body }) {
  if (kind === "part" || kind === "part_returned") return partLine({ ...body, quantity: body.quantity ?? 1 });
  if (kind === "tool") return [body.name, body.number].filter(Boolean).join(" · ");
  if (kind === "reading") return `${body.name} ${body.value} ${body.unit ?? ""}`.trim();
  if (kind === "estimate") return estimateLine(body);
  if (kind === "quotation") return `${money(body.amount)} · ${body.accepted ? t("accepted") : t("not accepted")}`;
  if (kind === "signature") return body.name;
  if (kind === "complete") return [outcomeLabel(job, body.outcome), body.remaining].filter(Boolean).join(" · ");
  if (kind === "void") return body.reason ?? "";
  if (kind === "photo") return body.caption ?? "";
  return body.text ?? "";
}

export const partLine = ({ name, number, quantity, unit }) =>
  [name, number, "×", quantity, unit].filter(Boolean).join(" ");

export const estimateLine = ({ amount, minutes, text }) =>
  [money(amount), minutes && t("%(minutes)s min", { minutes }), text].filter(Boolean).join(" · ");

/** Whether the step is not on site: it tells the customer what came of it. */
export const isTelling = (job) => !job.step.fields.some(({ key }) => key === "fault");

export function outcomeLabel(job, key) {
  const found = job.step.outcomes.find((one) => one.key === key);
  return found ? either(found.label) : key;
}

/** How a job that is over ended, in the procedure's words: one that was dropped has none. */
export function howEnded(job) {
  if (job.record.completed) return outcomeLabel(job, job.record.completed.outcome);
  if (job.ended) return job.ended.outcome ? either(job.ended.outcome) : t("No longer needed");
  if (job.revoked) return t("No longer yours");
  return t("Over");
}
