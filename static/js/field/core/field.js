// The field app's core: everything that must hold without a network. Knows no browser: what it uses is handed in:
//
//   const store = await openStore();
//   const field = await openField({
//     store, seal: await openSeal(store.db), transport, build,
//     clock: { wall: () => Date.now(), mono: () => performance.now(), zone: () => "Asia/Shanghai" },
//     random: (n) => crypto.getRandomValues(new Uint8Array(n)),
//     lock: (name, fn) => navigator.locks.request(name, fn),
//   });
import { enrolCurrent, register } from "./devices.js";
import { exported } from "./exporting.js";
import { fetchFeed } from "./feed.js";
import { contentOf, sendFiles } from "./files.js";
import { ownEntry } from "./jobs.js";
import { isWaiting, pins } from "./outcomes.js";
import { Phone, ofUser } from "./phone.js";
import { purge } from "./purge.js";
import { keep } from "./recording.js";
import { sendAll } from "./sender.js";

const SENDER = "bihuan-field-sender";
// With nothing to send, the office's changes are asked for this often.
const CALM = 300_000;

/**
 * @typedef {object} Entry
 * @property {string} op_id
 * @property {string} kind
 * @property {any} body
 * @property {number} at  ms since epoch
 * @property {"phone" | "received" | "recorded" | "needs_you" | "office" | "voided"} state
 * @property {string} code  why, where the server gave a reason
 * @property {string} message
 * @property {string[]} flags
 * @property {string | null} voided_by
 * @property {{att_id: string, mime: string, size: number, sent: number, verified: boolean, local: boolean} | null} file
 * @property {number} person_id
 * @property {boolean} mine
 */

export class Field {
  #phone;
  #round = null;
  #next = 0;

  /** @param {Phone} phone */
  constructor(phone) {
    this.#phone = phone;
  }

  /** What there is to see; immutable, a new one after every change. */
  state() {
    return this.#phone.snapshot;
  }

  /** @param {number | string} id */
  job(id) {
    return this.state().jobs.find((job) => String(job.task_id) === String(id));
  }

  /** @param {(state: object) => void} listener @returns {() => void} */
  subscribe(listener) {
    return this.#phone.subscribe(listener);
  }

  /** Keep an operation; resolves when it is on the disk for good. Throws `StorageFailed`, `TooLarge`, `NoAccount`,
   * `UnknownKind`, `NotVoidable`; nothing is kept then.
   * @param {number | string} jobId @param {string} kind @param {any} body
   * @param {{file?: {bytes: ArrayBuffer, mime: string, thumbnail?: string}, deps?: string[]}} [more] @returns {Promise<Entry>} */
  async record(jobId, kind, body, more = {}) {
    const { op, body: kept, file } = await keep(this.#phone, jobId, kind, body, more);
    // It is safe; a reading that fails is made up for at the next change.
    await this.#phone.reload().catch(() => {});
    return this.job(jobId)?.entries.find((entry) => entry.op_id === op.op_id) ?? ownEntry(op, kept, file);
  }

  /** @param {number | string} jobId @param {string} opId @param {string} [reason] */
  void(jobId, opId, reason = "") {
    return this.record(jobId, "void", { op: opId, reason });
  }

  /** A photo that was taken on this phone. @param {string} attId @returns {Promise<{mime: string, bytes: Uint8Array} | null>} */
  async file(attId) {
    const row = [...this.#phone.rows.files.values()].find((one) => one.att_id === attId);
    const bytes = row && (await contentOf(this.#phone, attId));
    return bytes ? { mime: row.mime, bytes } : null;
  }

  /** What has not come to its end, the oldest first; other users' without what they hold. */
  async outbox() {
    const { rows, device } = this.#phone;
    return rows.ops
      .filter((op) => pins(op, rows.files.get(op.op_id)) || (op.outcome !== "applied" && op.outcome !== "flagged" && !op.dismissed && op.code !== "discarded"))
      .map((op) => {
        const file = rows.files.get(op.op_id);
        const mine = op.user_id === device?.user_id;
        return {
          op_id: op.op_id, seq: op.seq, kind: op.kind, job_id: op.job_id, at: op.at, mine,
          state: ownEntry(op, null, file).state, code: op.code ?? "", message: op.message ?? "", tries: op.tries,
          ...(file && { file: { att_id: file.att_id, sent: file.sent, size: file.size, damaged: Boolean(file.damaged) } }),
        };
      });
  }

  export() {
    return exported(this.#phone);
  }

  /** One round: send operations, fetch the feed, purge, send files. Never throws.
   * @param {"start" | "focus" | "online" | "push" | "timer" | "record" | "button" | string} reason
   * @returns {Promise<{ok: boolean, reason: string}>} */
  sync(reason = "timer") {
    this.#round ??= this.#sync(reason).finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  /** In how many ms a round for the reason "timer" would do something: for whoever keeps the timer. */
  dueIn() {
    const phone = this.#phone;
    const waits = phone.rows.ops.some((op) => isWaiting(op) || pins(op, phone.rows.files.get(op.op_id)));
    const calm = Math.max(0, this.#next - phone.clock.mono());
    return Math.max(phone.backoff.left(), waits ? Math.min(calm, 30_000) : calm);
  }

  async #sync(reason) {
    const phone = this.#phone;
    if (!phone.backoff.allows(reason)) return { ok: false, reason: "backoff" };
    phone.changed({ sending: true });
    let result;
    try {
      result = await phone.lock(SENDER, () => this.#work(reason));
    } catch (error) {
      result = { ok: false, reason: String(error?.name ?? error) };
    }
    if (result.ok) phone.backoff.worked();
    else phone.backoff.failed(result.after ?? null);
    this.#next = phone.clock.mono() + CALM;
    phone.changed({ sending: false, online: result.ok || result.reason === "busy" });
    return { ok: result.ok, reason: result.reason };
  }

  async #work(reason) {
    const phone = this.#phone;
    phone.storage = await phone.store.room();
    await phone.reload();
    // Files last: on a thin line photos take long, and keep no job from coming.
    for (const step of [enrolCurrent, sendAll, fetchFeed, purge, sendFiles]) {
      const result = await step(phone, reason);
      await phone.reload();
      if (result && !result.ok) return result;
    }
    return { ok: true, reason: "" };
  }

  /** Ask again for what the office or the server has said about an operation, or send its file again. @param {string} opId */
  async retry(opId) {
    const phone = this.#phone;
    await phone.store.write(async (tx) => {
      const op = await tx.get("ops", opId);
      const file = (await tx.all("files")).find((one) => one.op_id === opId);
      if (op) await tx.put("ops", { ...op, asked_at: null, ...(op.code === "hash" && { outcome: null, code: "", message: "", tries: 0 }) });
      if (file?.damaged) await tx.put("files", { ...file, damaged: false });
    });
    await phone.reload();
    return this.sync("button");
  }

  /** It was looked at: an operation that needed a fix (and was recorded anew), or "epoch", the loss of what was kept.
   * @param {string} what */
  async dismiss(what) {
    await this.#phone.store.write(async (tx) => {
      if (what === "epoch") return tx.put("meta", { name: "epoch", lost: false });
      const op = await tx.get("ops", what);
      if (op?.outcome) await tx.put("ops", { ...op, dismissed: true });
    });
    await this.#phone.reload();
  }

  /** The banner over a job was read. @param {number} jobId */
  async seen(jobId) {
    const user = this.#phone.device?.user_id;
    await this.#phone.store.write(async (tx) => {
      const row = await tx.get("packets", `${user}:${jobId}`);
      if (row) await tx.put("packets", { ...row, changes: [] });
    });
    await this.#phone.reload();
  }

  /** Take up the device of whoever is signed in, a new one where they have none on this phone. Throws `Offline`,
   * `SignedOut`, `NotAllowed`. */
  async register() {
    try {
      await register(this.#phone);
    } finally {
      await this.#phone.reload();
    }
    return this.state().account;
  }

  /** Leave this phone. With unsent work only when forced: that stays, sealed, and is sent all the same (rule 8).
   * @returns {Promise<{left: boolean, unsent: number}>} */
  async leave({ force = false } = {}) {
    const phone = this.#phone;
    const { device } = phone;
    const left = await phone.store.write(async (tx) => {
      const files = new Map((await tx.all("files")).map((file) => [file.op_id, file]));
      const ops = (await tx.all("ops")).filter((op) => op.user_id === device?.user_id && pins(op, files.get(op.op_id)));
      if (ops.length && !force) return { left: false, unsent: ops.length };
      const pinned = new Set(ops.map((op) => String(op.job_id)));
      for (const row of await tx.all("packets"))
        if (row.user_id === device?.user_id && !pinned.has(String(row.task_id))) await tx.remove("packets", row.id);
      await tx.remove("meta", ofUser("feed", device?.user_id));
      await tx.remove("meta", ofUser("catalogue", device?.user_id));
      await tx.put("meta", { name: "current", device_id: null });
      await tx.put("meta", { name: "session", user_id: null });
      return { left: true, unsent: ops.length };
    });
    await phone.reload();
    return left;
  }
}

/** Opens what this phone holds. @param {import("./phone.js").Outside} outside @returns {Promise<Field>} */
export async function openField(outside) {
  const phone = new Phone(outside);
  phone.storage = await outside.store.room().catch(() => phone.storage);
  await phone.reload();
  outside.store.watch(() => phone.reload().catch(() => {}));
  return new Field(phone);
}
