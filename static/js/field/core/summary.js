// What the customer reads and signs (rule 22): plain text, one "label：value" a line, the same for the same job.
import { minutesOf } from "./minutes.js";

/** NFC, "\n" at line ends, no blanks before them, none at the end. @param {string} given */
export const canonical = (given) =>
  given.normalize("NFC").replace(/\r\n?/g, "\n").replace(/[^\S\n]+$/gm, "").replace(/\n+$/, "");

const oneLine = (given) => String(given).replace(/\s*[\r\n]+\s*/g, " ").trim();

/**
 * @param {any} job a JobView
 * @param {{labels: Record<"number" | "device" | "fault" | "result" | "parts" | "tools" | "minutes" | "cost" | "quotation" | "advice" | "outcome" | "engineer" | "date", string>,
 *   engineer: string, date: string, outcome?: string, accepted?: string, declined?: string, none?: string, colon?: string}} texts
 *   labels and words in the reader's language; `date` and `outcome` as they are to stand there
 * @returns {string}
 */
export function summary(job, texts) {
  const { record } = job;
  const device = job.device ? [job.device.model, job.device.serial].filter(Boolean).join(" ") : "";
  const parts = record.parts.map(({ name, number, unit, quantity }) =>
    `${[name, number].filter(Boolean).join(" ")} × ${quantity}${unit ? ` ${unit}` : ""}`);
  const { quotation } = record;
  const answer = quotation && (quotation.accepted ? texts.accepted : texts.declined);
  const lines = [
    ["number", job.number],
    ["device", device],
    ["fault", record.values.fault],
    ["result", record.values.result],
    ["parts", parts.join("、") || texts.none],
    ["tools", record.tools.join("、") || texts.none],
    ["minutes", record.seconds ? String(minutesOf(record.seconds)) : ""],
    ["cost", quotation ? "" : record.values.estimate],
    ["quotation", quotation ? [quotation.amount, answer, quotation.text].filter(Boolean).join(" ") : ""],
    ["advice", record.values.advice],
    ["outcome", texts.outcome],
    ["engineer", texts.engineer],
    ["date", texts.date],
  ];
  const colon = texts.colon ?? "：";
  const said = lines.filter(([key, value]) => value && texts.labels[key]);
  return canonical(said.map(([key, value]) => `${texts.labels[key]}${colon}${oneLine(value)}`).join("\n"));
}
