// What an operation has come to, as its row on the phone says (rules 15, 30).

/** No answer yet, or it waits for another one that has not come. */
export const isWaiting = (op) => !op.outcome || (op.outcome === "parked" && op.code === "waits");
export const isApplied = (op) => op.outcome === "applied" || op.outcome === "flagged";
/** The office has it before it. */
export const isAtOffice = (op) => op.outcome === "parked" && op.code !== "waits" && op.code !== "discarded";
/** The server says nothing else about it any more. */
export const isFinal = (op) => Boolean(op.outcome) && !isWaiting(op) && !isAtOffice(op);
export const needsYou = (op, file) => (op.outcome === "needs_fix" || Boolean(file?.damaged)) && !op.dismissed;
/** Whether the server will ever take its file: it knows of one only where it could read what announced it. */
export const wantsFile = (op) => isApplied(op) || isAtOffice(op);
/** What keeps a job on the phone (rule 6). */
export const pins = (op, file) => isWaiting(op) || Boolean(file && isApplied(op) && !file.verified && !file.damaged);

/** @returns {"phone" | "received" | "recorded" | "needs_you" | "office"} */
export function stateOf(op, file) {
  if (!op.outcome) return "phone";
  if (op.outcome === "needs_fix") return "needs_you";
  if (isWaiting(op)) return "received";
  if (!isApplied(op)) return "office";
  if (file?.damaged) return "needs_you";
  return file && !file.verified ? "received" : "recorded";
}
