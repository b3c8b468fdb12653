// Recording: an operation, its file and its number are kept in one transaction, or nothing is (rules 2, 4).
import { sha256, utf8 } from "./bytes.js";
import { envelope, measured } from "./envelope.js";
import { uuid7 } from "./ids.js";
import { KINDS, normal } from "./kinds.js";
import { isWaiting } from "./outcomes.js";
import { Trouble } from "./trouble.js";

const MOST_DEPS = 50;
// What settles something about the log before it, and may not be taken in earlier (rule 18).
const SETTLING = new Set(["signature", "complete"]);
const LARGEST_FILE = 20 * 1024 * 1024;

/** Texts that every database keeps: no NUL, no half of a character. */
const clean = (_, value) =>
  typeof value === "string"
    ? value.replace(/\0/g, "").replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) => (found.length === 2 ? found : "\ufffd"))
    : value;

/**
 * @param {import("./phone.js").Phone} phone
 * @param {number | string} job_id @param {string} kind @param {any} given
 * @param {{file?: {bytes: ArrayBuffer, mime: string, thumbnail?: string}, deps?: string[]}} [more]
 * @returns {Promise<{op: object, body: any, file: object | undefined}>} once it is on the disk
 */
export async function keep(phone, job_id, kind, given, { file, deps = [] } = {}) {
  if (!KINDS.has(kind)) throw new Trouble("UnknownKind", kind);
  const at = phone.clock.wall();
  const mono = phone.clock.mono();
  const op_id = uuid7(at, phone.random);
  const attached = file ? await announced(phone, op_id, file, at) : null;
  const body = JSON.stringify({ ...normal(kind, given), ...(attached && { file: attached.announcement }) }, clean);
  const made = { op_id, job_id, kind, build: phone.build, at, mono, zone: phone.clock.zone(), body };
  const [hash, sealed] = [await sha256(body), await phone.seal.seal(utf8(body))];
  const content = JSON.parse(body);
  const op = await storing(phone, async (tx) => {
    const current = await tx.get("meta", "current");
    const device = current?.device_id ? await tx.get("devices", current.device_id) : null;
    if (!device) throw new Trouble("NoAccount");
    const row = await numbered(tx, device, { ...made, hash, target: content.op, deps });
    await tx.put("devices", { ...device, next_seq: device.next_seq + 1 });
    await tx.put("ops", row);
    await tx.put("bodies", { op_id, sealed });
    if (attached) {
      await tx.put("files", attached.row);
      await tx.put("blobs", { att_id: attached.row.att_id, sealed: attached.sealed });
    }
    return row;
  });
  return { op, body: content, file: attached?.row };
}

/** The operation's row, under the device's next number. */
async function numbered(tx, device, made) {
  const offset = (await tx.get("meta", "clock"))?.offset ?? 0;
  const packet = await tx.get("packets", `${device.user_id}:${made.job_id}`);
  const deps = await awaited(tx, device, made);
  const sealed = envelope({ ...made, user_id: device.user_id, base_rev: packet?.rev ?? null, offset, deps });
  const size = measured(sealed, made.body);
  return {
    op_id: made.op_id,
    device_id: device.device_id,
    seq: device.next_seq,
    user_id: device.user_id,
    job_id: made.job_id,
    kind: made.kind,
    at: made.at + offset * 1000,
    size,
    envelope: { ...sealed, device_id: device.device_id, seq: device.next_seq },
    outcome: null,
    tries: 0,
  };
}

/** What the operation has to come after: the entry that it voids, the log that it settles. */
async function awaited(tx, device, { kind, job_id, target, deps }) {
  if (kind === "void") {
    const voided = await tx.get("ops", target);
    if (voided && ["void", "complete"].includes(voided.kind)) throw new Trouble("NotVoidable");
    return voided && isWaiting(voided) ? [...new Set([target, ...deps])] : deps;
  }
  if (!SETTLING.has(kind)) return deps;
  const before = (await tx.all("ops"))
    .filter((op) => op.device_id === device.device_id && String(op.job_id) === String(job_id) && isWaiting(op))
    .sort((one, other) => one.seq - other.seq);
  return [...new Set([...deps, ...before.map((op) => op.op_id)])].slice(-MOST_DEPS);
}

async function announced(phone, op_id, file, at) {
  const bytes = new Uint8Array(file.bytes);
  if (!bytes.length || bytes.length > LARGEST_FILE) throw new Trouble("TooLarge", "a file", { size: bytes.length, most: LARGEST_FILE });
  const att_id = uuid7(at, phone.random);
  const announcement = {
    att_id, sha256: await sha256(bytes), size: bytes.length, mime: file.mime, ...(file.thumbnail && { thumbnail: file.thumbnail }),
  };
  const row = { att_id, op_id, sha256: announcement.sha256, size: bytes.length, mime: file.mime, sent: 0, verified: false, tries: 0 };
  return { announcement, row, sealed: await phone.seal.seal(bytes) };
}

/** What the store refuses has one name, so that a screen can keep what was typed and say so. */
async function storing(phone, work) {
  try {
    return await phone.store.write(work);
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble("StorageFailed", String(error?.message ?? error), { cause: error });
  }
}
