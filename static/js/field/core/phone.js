// What this phone holds, as last read from its store, and what it is told from outside.
import { Backoff } from "./backoff.js";
import { text } from "./bytes.js";
import { viewOf } from "./jobs.js";
import { isAtOffice, isWaiting, needsYou, pins, wantsFile } from "./outcomes.js";

/**
 * @typedef {object} Tx  within one transaction; nothing else may be awaited in it
 * @property {(table: string, key: string) => Promise<any>} get
 * @property {(table: string) => Promise<any[]>} all
 * @property {(table: string, row: object) => Promise<void>} put
 * @property {(table: string, key: string) => Promise<void>} remove
 *
 * @typedef {object} Store
 * @property {<T>(work: (tx: Tx) => Promise<T>) => Promise<T>} read
 * @property {<T>(work: (tx: Tx) => Promise<T>) => Promise<T>} write  all or nothing; resolves when it is on the disk
 * @property {(fn: () => void) => () => void} watch  called when another tab wrote
 * @property {() => Promise<{persisted: boolean | null, quota: number | null, used: number | null}>} room
 *
 * @typedef {object} Outside
 * @property {Store} store
 * @property {{seal: (bytes: Uint8Array) => Promise<Uint8Array>, open: (bytes: Uint8Array) => Promise<Uint8Array>}} seal
 * @property {{send: (request: {method: string, path: string, key?: string, headers?: Record<string, string>, body?: string | Uint8Array}) => Promise<import("./replies.js").Answer>}} transport
 * @property {{wall: () => number, mono: () => number, zone: () => string}} clock
 * @property {(n: number) => Uint8Array} random
 * @property {<T>(name: string, fn: () => Promise<T>) => Promise<T>} lock
 * @property {string} build
 */

export const TABLES = { meta: "name", devices: "device_id", ops: "op_id", bodies: "op_id", files: "att_id", blobs: "att_id", packets: "id" };

/** The row that keeps something of one user: a phone has several, one after the other. The session is none of these:
 * the browser has one, and its row says whose. @param {string} name @param {number | undefined} user_id */
export const ofUser = (name, user_id) => `${name}:${user_id}`;

const NOTHING = { meta: new Map(), devices: new Map(), ops: [], files: new Map(), packets: [] };

export class Phone {
  rows = NOTHING;
  sending = false;
  online = true;
  storage = { persisted: null, quota: null, used: null };
  #bodies = new Map();
  #packets = new Map();
  #listeners = new Set();
  #reading = null;
  #again = false;

  /** @param {Outside} outside */
  constructor(outside) {
    Object.assign(this, outside);
    this.backoff = new Backoff(this.clock, this.random);
    this.snapshot = this.#shown();
  }

  /** The phone's clock with what is known of its error, in ms. */
  now() {
    return this.clock.wall() + this.meta("clock", { offset: 0 }).offset * 1000;
  }

  /** @param {string} name @param {any} [otherwise] */
  meta(name, otherwise = null) {
    return this.rows.meta.get(name) ?? otherwise;
  }

  /** What is kept of the user who is here, and of nobody else. @param {string} name @param {any} [otherwise] */
  mine(name, otherwise = null) {
    return this.meta(ofUser(name, this.device?.user_id), otherwise);
  }

  get device() {
    return this.rows.devices.get(this.meta("current")?.device_id) ?? null;
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Say that something changed that is not in the store. */
  changed(parts = {}) {
    Object.assign(this, parts);
    this.snapshot = this.#shown();
    for (const listener of this.#listeners) listener(this.snapshot);
  }

  /** Read the store again. Calls meanwhile are one more reading, after this one. */
  reload() {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = (async () => {
      try {
        do {
          this.#again = false;
          await this.#read();
        } while (this.#again);
      } finally {
        this.#reading = null;
      }
      this.changed();
    })();
    return this.#reading;
  }

  async #read() {
    const read = await this.store.read(async (tx) => ({
      meta: await tx.all("meta"),
      devices: await tx.all("devices"),
      ops: await tx.all("ops"),
      files: await tx.all("files"),
      packets: await tx.all("packets"),
    }));
    const keyed = (rows, key) => new Map(rows.map((row) => [row[key], row]));
    read.ops.sort((one, other) => one.at - other.at || one.seq - other.seq);
    const files = new Map(read.files.map((file) => [file.op_id, file]));
    const rows = { ...read, meta: keyed(read.meta, "name"), devices: keyed(read.devices, "device_id"), files };
    await this.#open(rows);
    this.rows = rows;
  }

  /** Bodies and packets in clear, kept as long as their rows are. */
  async #open(rows) {
    const user = rows.devices.get(rows.meta.get("current")?.device_id)?.user_id;
    const lacking = rows.ops.filter((op) => op.user_id === user && !this.#bodies.has(op.op_id));
    if (lacking.length) {
      const sealed = await this.store.read(async (tx) => {
        const found = [];
        for (const op of lacking) found.push(await tx.get("bodies", op.op_id));
        return found;
      });
      for (const row of sealed.filter(Boolean)) {
        const body = await this.opened(row.sealed);
        if (body !== null) this.#bodies.set(row.op_id, JSON.parse(body));
      }
    }
    for (const row of rows.packets.filter((packet) => packet.user_id === user)) {
      const held = this.#packets.get(row.id);
      if (held?.mark === row.mark) continue;
      const packet = await this.opened(row.sealed);
      if (packet !== null) this.#packets.set(row.id, { mark: row.mark, packet: JSON.parse(packet) });
    }
    const left = new Set(rows.ops.filter((op) => op.user_id === user).map((op) => op.op_id));
    for (const op_id of this.#bodies.keys()) if (!left.has(op_id)) this.#bodies.delete(op_id);
    const here = new Set(rows.packets.filter((packet) => packet.user_id === user).map((packet) => packet.id));
    for (const id of this.#packets.keys()) if (!here.has(id)) this.#packets.delete(id);
  }

  /** What was sealed, as text; nothing where it cannot be opened any more: the rest goes on without it. */
  async opened(sealed) {
    try {
      return text(await this.seal.open(sealed));
    } catch {
      return null;
    }
  }

  /** The signed-in user's operations of a job, by number, each with body and file. */
  own(job_id) {
    const user = this.device?.user_id;
    return this.rows.ops
      .filter((op) => op.user_id === user && String(op.job_id) === String(job_id) && this.#bodies.has(op.op_id))
      .map((op) => ({ op, body: this.#bodies.get(op.op_id), file: this.rows.files.get(op.op_id) }));
  }

  #shown() {
    const { device } = this;
    const ops = this.rows.ops;
    const file = (op) => this.rows.files.get(op.op_id);
    const waiting = ops.filter(isWaiting);
    const here = { user: device?.user_id, now: this.now(), fed: this.mine("feed")?.at ?? null, signedIn: this.#signedIn(), revoked: Boolean(device?.revoked) };
    return Object.freeze({
      account: device ? { user_id: device.user_id, name: device.name, device_id: device.device_id } : null,
      signedIn: here.signedIn,
      waiting: waiting.length,
      files: ops.filter((op) => file(op) && (isWaiting(op) || wantsFile(op)) && !file(op).verified && !file(op).damaged).length,
      oldest: waiting.length ? Math.min(...waiting.map((op) => op.at)) : null,
      revoked: here.revoked,
      seenAt: this.meta("contact")?.at ?? null,
      fedAt: here.fed,
      online: this.online,
      sending: this.sending,
      needs: ops.filter((op) => needsYou(op, file(op))).length,
      atOffice: ops.filter((op) => isAtOffice(op) || (op.outcome === "quarantined" && !op.dismissed)).length,
      upgrade: Boolean(this.meta("upgrade")?.build === this.build),
      storage: this.storage,
      epochLost: Boolean(this.meta("epoch")?.lost),
      catalogue: this.mine("catalogue", { parts: [], tools: [], stock: [] }),
      jobs: this.#jobs(here),
    });
  }

  #signedIn() {
    return Boolean(this.device) && this.meta("session")?.user_id === this.device.user_id;
  }

  #jobs(here) {
    return this.rows.packets
      .filter((row) => row.user_id === here.user && this.#packets.has(row.id))
      .map((row) => viewOf({ ...row, packet: this.#packets.get(row.id).packet }, this.own(row.task_id), here))
      .sort((one, other) => (one.window?.from ?? "9").localeCompare(other.window?.from ?? "9") || one.task_id - other.task_id);
  }
}
