// Files: from where the server has them, in chunks, until it says that they are whole (rule 23).
import { keyOf } from "./devices.js";
import { isApplied, isAtOffice, isWaiting } from "./outcomes.js";
import { ask } from "./replies.js";

export const CHUNK = 256 * 1024;
const LEAST_CHUNK = 16 * 1024;
// So often a file begins anew in one round before it has to wait for the next.
const MOST_ANEW = 2;
const OK = Object.freeze({ ok: true, reason: "" });
const OFFLINE = Object.freeze({ ok: false, reason: "offline" });

/** @returns {Promise<import("./sender.js").Result>} */
export async function sendFiles(phone) {
  for (const op of phone.rows.ops) {
    const file = phone.rows.files.get(op.op_id);
    const device = phone.rows.devices.get(op.device_id);
    const announced = isApplied(op) || isAtOffice(op) || (op.outcome && isWaiting(op));
    if (!file || !announced || file.verified || file.damaged || !device?.key || device.refused) continue;
    const result = await sendFile(phone, device, file);
    if (!result.ok) return result;
  }
  return OK;
}

async function sendFile(phone, device, file) {
  const key = await keyOf(phone, device);
  const path = `/field/v1/attachments/${file.att_id}`;
  const asked = await ask(phone, { method: "HEAD", path, key });
  if (asked.kind !== "ours") return OFFLINE;
  if (asked.status === 404 || asked.status === 401) return OK; // it is not announced there; another time
  const begin = offsetOf(asked);
  if (asked.status !== 200 || begin === null) return { ok: false, reason: "busy", after: asked.after };
  const bytes = await contentOf(phone, file.att_id);
  if (!bytes) {
    await note(phone, file.att_id, { damaged: true });
    return OK;
  }
  return upload(phone, { key, path, file, bytes, begin });
}

async function upload(phone, { key, path, file, bytes, begin }) {
  let offset = begin;
  let chunk = CHUNK;
  let anew = 0;
  for (;;) {
    // Where all is there already, an empty piece asks whether it is what was announced.
    const piece = bytes.subarray(offset, offset + chunk);
    const reply = await ask(phone, { method: "PUT", path, key, headers: { "upload-offset": String(offset) }, body: piece });
    if (reply.kind !== "ours") return OFFLINE;
    if (reply.status === 200 && reply.json.is_verified === true) {
      await note(phone, file.att_id, { sent: file.size, verified: true });
      return OK;
    }
    if (reply.status === 413 && chunk > LEAST_CHUNK) {
      chunk /= 2;
      continue;
    }
    const next = reply.status === 200 || reply.status === 409 ? offsetOf(reply) : null;
    if (next === null) return reply.status === 404 || reply.status === 413 ? OK : { ok: false, reason: "busy", after: reply.after };
    if (next <= offset && ++anew > MOST_ANEW) return OK;
    offset = next;
    await note(phone, file.att_id, { sent: offset });
  }
}

function offsetOf(reply) {
  const told = reply.headers["upload-offset"] ?? "";
  return /^[0-9]{1,12}$/.test(told) ? Number(told) : null;
}

/** A file's content in clear; nothing where it cannot be opened any more. @returns {Promise<Uint8Array | null>} */
export async function contentOf(phone, att_id) {
  const row = await phone.store.read((tx) => tx.get("blobs", att_id));
  if (!row) return null;
  try {
    return await phone.seal.open(row.sealed);
  } catch {
    return null;
  }
}

const note = (phone, att_id, said) =>
  phone.store.write(async (tx) => {
    const row = await tx.get("files", att_id);
    if (row) await tx.put("files", { ...row, ...said });
  });
