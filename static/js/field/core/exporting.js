// A sealed file with all that has not reached the office, to leave the phone by hand (rules 8, 29).
// Sealed with what the phone and the server share: the digest of the device's key, which is all that the server keeps.
import { base64, sha256, utf8 } from "./bytes.js";
import { keyOf } from "./devices.js";
import { written } from "./envelope.js";
import { contentOf } from "./files.js";
import { pins } from "./outcomes.js";

/** @returns {Promise<Uint8Array>} a JSON text: for each device its id and, sealed, `{operations, files}` */
export async function exported(phone) {
  const devices = [];
  for (const device of phone.rows.devices.values()) {
    const ops = phone.rows.ops.filter((op) => op.device_id === device.device_id && pins(op, phone.rows.files.get(op.op_id)));
    if (ops.length) devices.push(await section(phone, device, ops));
  }
  return utf8(JSON.stringify({ format: "bihuan-field-export", version: 1, build: phone.build, at: new Date(phone.now()).toISOString(), devices }));
}

async function section(phone, device, ops) {
  const operations = [];
  const files = [];
  for (const op of ops) {
    const row = await phone.store.read((tx) => tx.get("bodies", op.op_id));
    const body = await phone.opened(row.sealed);
    if (body === null) continue;
    operations.push(written(op.envelope, body));
    const file = phone.rows.files.get(op.op_id);
    const content = file && (await contentOf(phone, file.att_id));
    if (content) files.push({ att_id: file.att_id, sha256: file.sha256, content: base64(content) });
  }
  const plain = JSON.stringify({ operations, files });
  const named = { device_id: device.device_id, user_id: device.user_id, count: operations.length };
  // A device that was never registered shares nothing with the server yet.
  if (!device.key) return { ...named, plain };
  const digest = await sha256(await keyOf(phone, device));
  const secret = await crypto.subtle.digest("SHA-256", utf8(`bihuan-field-export:${digest}`));
  const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt"]);
  const iv = Uint8Array.from(phone.random(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(device.device_id) }, key, utf8(plain));
  return { ...named, iv: base64(iv), sealed: base64(new Uint8Array(sealed)) };
}
