// The kinds of operations (rule 3). There is no update and no delete: a correction is void + new.

export const KINDS = new Set([
  "receipt", "arrive", "leave", "timer_start", "timer_stop", "tool", "part", "part_returned", "note", "photo",
  "reading", "estimate", "quotation", "fault", "result", "advice", "signature", "complete", "void",
]);
// One value of a job each: the last by the server's order counts.
export const SINGLE = new Set(["fault", "estimate", "result", "advice"]);
export const SCHEMA = 1;

/** A body as the server keeps it: what was left out said, numbers with decimals as text.
 * @param {string} kind @param {any} body */
export function normal(kind, body) {
  if (kind === "part" || kind === "part_returned")
    return { ...body, quantity: String(body.quantity ?? 1), number: body.number ?? "", unit: body.unit ?? "" };
  if (kind === "estimate" || kind === "quotation")
    return { ...body, amount: String(body.amount), text: body.text ?? "" };
  return { ...body };
}
