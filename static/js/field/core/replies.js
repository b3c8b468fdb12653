// What a reply is worth. One without our header is not ours: a captive portal's 200 acknowledges nothing (rule 11).

/** @typedef {{ status: number, headers: Record<string, string>, text: string }} Answer */
/** @typedef {{ kind: "ours" | "lost", status: number, json: any, after: number | null, headers: Record<string, string> }} Reply */

const LOST = Object.freeze({ kind: "lost", status: 0, json: null, after: null, headers: {} });

/** Make a request; a reply that never came, was cut off or is not ours is "lost". Never throws.
 * @param {{transport: {send: (request: object) => Promise<Answer>}}} phone @returns {Promise<Reply>} */
export async function ask(phone, request) {
  let answer;
  try {
    answer = await phone.transport.send(request);
  } catch {
    return LOST;
  }
  if (answer.headers["x-field-sync"] !== "1") return LOST;
  const json = parsed(answer.text);
  const wantsBody = answer.status === 200 && request.method !== "HEAD";
  if (wantsBody && (json === null || typeof json !== "object")) return LOST;
  return { kind: "ours", status: answer.status, json, after: seconds(answer.headers["retry-after"]), headers: answer.headers };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function seconds(header) {
  if (header === undefined) return null;
  return /^[0-9]{1,6}$/.test(header) ? Number(header) : 60;
}
