// The sender: operations go up by device, oldest first, and what is not answered stays (rules 9-13, 18).
import { utf8 } from "./bytes.js";
import { keyOf, openEpoch } from "./devices.js";
import { written } from "./envelope.js";
import { learnt } from "./offsets.js";
import { isAtOffice, isWaiting } from "./outcomes.js";
import { ask } from "./replies.js";

export const MOST_OPERATIONS = 50;
export const MOST_BYTES = 256 * 1024;
const ROOM = 1024; // what is around the operations
const ASK_AGAIN = 6 * 3_600_000;
// So often an operation that arrived damaged comes again before the office has to look.
const MOST_DAMAGED = 5;

/** @typedef {{ ok: boolean, reason: string, after?: number | null }} Result */
const OK = Object.freeze({ ok: true, reason: "" });

/** Send what every device on this phone has to send, those of other users too (rule 8). @returns {Promise<Result>} */
export async function sendAll(phone, reason) {
  const oldest = (device) => phone.rows.ops.find((op) => op.device_id === device.device_id && isWaiting(op))?.at ?? Infinity;
  const devices = [...phone.rows.devices.values()].filter((device) => device.key);
  devices.sort((one, other) => oldest(one) - oldest(other) || 0);
  for (const device of devices) {
    const result = await drain(phone, device, reason);
    if (!result.ok) return result;
  }
  return OK;
}

async function drain(phone, device, reason) {
  const key = await keyOf(phone, device);
  const done = new Set();
  const size = { most: MOST_OPERATIONS };
  for (;;) {
    const batch = await nextBatch(phone, device, done, size.most, reason);
    if (!batch.ops.length && (done.size || !(await reports(phone, device)))) return OK;
    const result = await send(phone, device, key, batch, done, size);
    if (!result) return OK;
    if (!result.ok || !batch.ops.length) return result;
  }
}

/** Whether the device has to say how it is although there is nothing to send: once a day, and after it had something. */
async function reports(phone, device) {
  if (device.device_id !== phone.device?.device_id) return false;
  const last = device.reported ?? null;
  return last === null || Math.abs(phone.clock.wall() - last) > 24 * 3_600_000;
}

/** The oldest operations that are to go, by number, as many as one call takes. */
async function nextBatch(phone, device, done, most, reason) {
  const now = phone.clock.wall();
  const stale = (op) => reason === "button" || !op.asked_at || Math.abs(now - op.asked_at) > ASK_AGAIN;
  return phone.store.read(async (tx) => {
    const mine = (await tx.all("ops")).filter((op) => op.device_id === device.device_id);
    const waiting = mine.filter(isWaiting).sort((one, other) => one.seq - other.seq);
    const asked = mine.filter((op) => isAtOffice(op) && stale(op));
    const ops = [];
    const bodies = [];
    let bytes = ROOM;
    for (const op of [...waiting, ...asked]) {
      if (done.has(op.op_id)) continue;
      if (ops.length === most || (ops.length && bytes + op.size > MOST_BYTES)) break;
      const body = await tx.get("bodies", op.op_id);
      ops.push(op);
      bodies.push(body.sealed);
      bytes += op.size + 1;
    }
    return { ops, bodies, waiting };
  });
}

async function send(phone, device, key, { ops, bodies, waiting }, done, size) {
  const unanswered = waiting.filter((op) => !op.outcome);
  const health = await healthOf(phone, device, unanswered);
  const texts = [];
  const sent = [];
  for (const [at, op] of ops.entries()) {
    const opened = await phone.opened(bodies[at]);
    if (opened === null) {
      done.add(op.op_id);
      continue;
    }
    sent.push(op);
    texts.push(written(op.envelope, opened));
  }
  if (ops.length && !sent.length) return OK;
  const body = `{"operations":[${texts.join(",")}],"health":${JSON.stringify(health)}}`;
  const begun = { wall: phone.clock.wall(), mono: phone.clock.mono() };
  const reply = await ask(phone, {
    method: "POST", path: "/field/v1/ops", key, headers: { "content-type": "application/json" }, body: utf8(body),
  });
  const ended = { wall: phone.clock.wall(), mono: phone.clock.mono() };
  if (reply.kind !== "ours") return { ok: false, reason: "offline" };
  if (reply.status === 200) return take(phone, device, sent, reply.json, { begun, ended }, done);
  if (reply.status === 413) {
    // Halved until it passes; one that never does waits, and holds nothing else back (rule 12).
    if (sent.length <= 1) for (const op of sent) done.add(op.op_id);
    else size.most = Math.ceil(sent.length / 2);
    return OK;
  }
  if (reply.status === 401) {
    await phone.store.write(async (tx) => {
      await tx.put("devices", { ...(await tx.get("devices", device.device_id)), refused: true });
      const session = await tx.get("meta", "session");
      if (session?.user_id === device.user_id) await tx.put("meta", { name: "session", user_id: null });
    });
    return null; // the other devices go on; this one asks again each round
  }
  return { ok: false, reason: "busy", after: reply.after };
}

/** What the phone says of itself (rule 11). */
async function healthOf(phone, device, unanswered) {
  const { persisted, quota } = phone.storage;
  const { next_seq } = await phone.store.read((tx) => tx.get("devices", device.device_id));
  return {
    pending: unanswered.length,
    oldest: unanswered.length ? unanswered[0].envelope.at_wall : null,
    persisted, quota,
    build: phone.build,
    max_seq: next_seq - 1,
    push: phone.push ?? "",
  };
}

/** Keep what the server said of each operation. An answer deletes nothing (rule 13). */
async function take(phone, device, ops, receipt, { begun, ended }, done) {
  if (!Array.isArray(receipt.outcomes)) return { ok: false, reason: "offline" };
  const told = new Map(receipt.outcomes.map((one) => [one?.op_id, one]));
  const answered = ops.filter((op) => told.has(op.op_id));
  if (ops.length && !answered.length) return { ok: false, reason: "offline" };
  await phone.store.write(async (tx) => {
    const all = await tx.all("ops");
    const row = await tx.get("devices", device.device_id);
    const highest = all.filter((op) => op.device_id === device.device_id && op.outcome).reduce((most, op) => Math.max(most, op.seq), 0);
    for (const op of answered) {
      const kept = await tx.get("ops", op.op_id);
      if (kept) await tx.put("ops", answeredRow(kept, told.get(op.op_id), phone.clock.wall()));
    }
    if (receipt.max_seq < highest) await sendAgain(tx, all, device, answered);
    const heard = { ...row, refused: false, reported: phone.clock.wall() };
    await tx.put("devices", heard);
    if (receipt.max_seq >= row.next_seq && !row.lost) await openEpoch(phone, tx, heard);
    const { offset } = (await tx.get("meta", "clock")) ?? { offset: 0 };
    await tx.put("meta", { name: "clock", offset: learnt(offset, receipt.now, begun, ended) });
    await tx.put("meta", { name: "contact", at: ended.wall + offset * 1000 });
  });
  for (const op of answered) done.add(op.op_id);
  for (const op of ops) if (!told.has(op.op_id)) done.add(op.op_id); // at the next call
  return OK;
}

function answeredRow(op, { outcome, code, message, rev }, now) {
  const tries = op.tries + 1;
  if (outcome === "quarantined" && code === "hash" && tries < MOST_DAMAGED) return { ...op, tries };
  return { ...op, outcome, code, message, rev: rev ?? op.rev ?? null, tries, asked_at: now, answered_at: op.answered_at ?? now };
}

/** The server has fewer than it had: it was put back to an earlier day. What is still here goes up again. */
async function sendAgain(tx, all, device, answered) {
  const told = new Set(answered.map((op) => op.op_id));
  for (const op of all) {
    if (op.device_id === device.device_id && op.outcome && !told.has(op.op_id)) {
      const file = (await tx.all("files")).find((one) => one.op_id === op.op_id);
      if (file) await tx.put("files", { ...file, verified: false, sent: 0 });
      await tx.put("ops", { ...op, outcome: null, code: "", message: "", rev: null, shown: false });
    }
  }
}
