// A phone for tests: the real core, a store without a disk, a server that says what the test wants.
import { openField } from "../../../static/js/field/core/field.js";
import { Disk, memoryStore } from "../simulation/memory.js";
import { chance } from "../simulation/world.js";

export const JOB = 3;
export const USER = { id: 7, name: "赵磊" };
const OURS = { "x-field-sync": "1" };
const plain = { seal: async (bytes) => Uint8Array.from(bytes), open: async (bytes) => Uint8Array.from(bytes) };

/** The least of a server: takes everything in, once. Tests replace what they like of it. */
export class Server {
  now = Date.UTC(2026, 10, 27, 2);
  user = USER;
  ledger = new Map();
  seen = [];
  file = "to come";
  rev = 10;
  scope = [JOB];
  changes = {};
  entries = () => [...this.ledger.values()].filter(({ op }) => op.job_id === JOB).map(({ op, told }) => ({
    op_id: op.op_id, person_id: op.user_id, kind: op.kind, body: JSON.parse(op.body), at: op.at_wall, rev: told.rev,
    outcome: told.outcome, flags: [], voided_by: null, file: op.kind === "photo" ? this.file : null,
  }));

  reply = (status, json, headers = OURS) => ({ status, headers, text: JSON.stringify(json) });

  ops({ body }) {
    const { operations, health } = JSON.parse(new TextDecoder().decode(body));
    this.health = health;
    this.sent = operations;
    const outcomes = operations.map((op) => {
      const known = this.ledger.get(op.op_id);
      if (known) return { ...known.told, replayed: true };
      const told = { op_id: op.op_id, outcome: "applied", code: "", message: "", rev: ++this.rev, ...this.decide?.(op) };
      this.ledger.set(op.op_id, { op, told });
      return told;
    });
    const max_seq = Math.max(0, ...[...this.ledger.values()].map(({ op }) => op.seq));
    return this.reply(200, { outcomes, max_seq: this.max_seq ?? max_seq, now: new Date(this.now).toISOString() });
  }

  me = () => this.reply(200, { user: this.user, csrf: "c" });
  devices = () => this.reply(201, { key: `key ${++this.rev}` });
  feed = () => (this.user
    ? this.reply(200, {
        user_id: this.user.id, cursor: `${this.rev}.2026-11-27`, snapshot: true, scope: this.scope, revoked: [], changes: this.changes,
        packets: this.scope.map((task_id) => ({ task_id, rev: this.rev, number: `C${task_id}`, customer: { name: "农机站" }, entries: this.entries() })),
      })
    : this.reply(401, {}));

  head = () => this.reply(404, {});
  put = () => this.reply(404, {});

  async send(request) {
    this.seen.push(`${request.method} ${request.path}`);
    const name = request.path.split("?")[0].split("/")[3];
    return this[name === "attachments" ? request.method.toLowerCase() : name](request);
  }
}

export async function phone({ server = new Server(), disk = new Disk(), wall, user = true, seal = plain } = {}) {
  const time = { mono: 0, skew: 0 };
  const by = chance(1);
  const field = await openField({
    store: memoryStore(disk), seal, transport: { send: (request) => server.send(request) },
    clock: { wall: () => (wall ?? server.now) + time.skew, mono: () => time.mono, zone: () => "Asia/Shanghai" },
    random: by.bytes,
    lock: (_, work) => work(), build: "1",
  });
  if (user) {
    await field.register();
    await field.sync("start");
  }
  return { field, server, disk, time };
}

export const states = (field) => field.job(JOB).entries.map(({ kind, state }) => `${kind} ${state}`);
