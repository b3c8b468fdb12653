// One seed: a phone is used, everything goes wrong, then it heals; what must hold is looked at all along (rule 38).
import { createHash } from "node:crypto";
import { Disk, memoryStore } from "./memory.js";
import { chance, Locks, Network, Tab, Time } from "./world.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SUMMARY = "编号：1\n结果：好";
// A week by the phone's clock, which is off by a day here and there, and what it learnt of that by another.
const WEEK = 7 * DAY - 3 * DAY - HOUR;
const ROUNDS = 12; // after healing the queue is empty within so many

const plain = { seal: async (bytes) => Uint8Array.from(bytes), open: async (bytes) => Uint8Array.from(bytes) };

/** @param {{seed: number, ops: number, jobs: Record<string, number[]>, now: number}} given
 * @param {(outside: object) => Promise<any>} openField
 * @param {{http: Function, tell: Function}} server */
export async function run(given, openField, server) {
  const world = new World(given, openField, server);
  await world.use();
  await world.heal();
  return { violations: world.violations, stats: world.stats };
}

class World {
  violations = [];
  stats = { recorded: 0, rounds: 0, steps: 0 };
  issued = new Map();
  envelopes = new Map();
  delivered = new Map();
  session = "engineer";
  tabs = [];
  build = 1;
  whenAsked = null;

  constructor({ seed, ops, jobs, now }, openField, server) {
    Object.assign(this, { wanted: ops, jobs, openField, server });
    this.by = chance(seed);
    this.time = new Time(now);
    this.disk = new Disk();
    this.locks = new Locks();
    const serve = async (request) => {
      if (request.path.includes("/feed")) await this.asked();
      const answer = await server.http({ ...request, user: request.key ? null : this.session, now: this.time.now });
      if (request.path.includes("/feed") && answer.status === 200) this.fed(request, JSON.parse(answer.text));
      return answer;
    };
    this.net = new Network({ by: this.by, time: this.time, serve, stats: this.stats });
  }

  wrong(what, more = {}) {
    this.violations.push(`step ${this.stats.steps}: ${what} ${JSON.stringify(more)}`);
  }

  /** What the disk took: the only moment from which an operation must never be lost. */
  written(puts, removed) {
    for (const [table, row, isNew] of puts) {
      if (table !== "ops") continue;
      const envelope = JSON.stringify(row.envelope);
      if (isNew) {
        this.issued.set(row.op_id, { op_id: row.op_id, device_id: row.device_id, seq: row.seq, sha256: row.envelope.sha256, kind: row.kind, job: row.job_id, user_id: row.user_id, made: this.time.now, lost: false, purged: false });
        this.envelopes.set(row.op_id, envelope);
      } else if (this.envelopes.get(row.op_id) !== envelope) this.wrong("a queued operation was rewritten", { op: row.op_id });
    }
    for (const [table, row] of removed) {
      if (table === "packets") this.unpinned(row);
      if (table !== "ops") continue;
      const one = this.issued.get(row.op_id);
      one.purged = true;
      if (!row.outcome || this.time.now - one.made < WEEK) this.wrong("an operation was removed too early", { op: row.op_id, outcome: row.outcome });
    }
  }

  /** A feed is on its way: what a thumb does meanwhile, once. */
  async asked() {
    const tap = this.whenAsked;
    this.whenAsked = null;
    await tap?.();
  }

  /** A phone that asks from a revision on has all that it was ever told up to there (rule 24). */
  fed({ path }, { user_id, packets }) {
    const since = Number.parseInt(path.split("cursor=")[1], 10) || 0;
    for (const row of this.disk.tables.packets.values()) {
      const told = this.delivered.get(row.id) ?? [];
      const newest = Math.max(0, ...told.filter((rev) => rev <= since));
      if (row.user_id === user_id && row.in_scope && row.rev < newest) this.wrong("a packet was lost", { job: row.task_id, rev: row.rev, newest });
    }
    for (const { task_id, rev } of packets) {
      const id = `${user_id}:${task_id}`;
      this.delivered.set(id, [...(this.delivered.get(id) ?? []), rev]);
    }
  }

  /** Rule 6: a job with unsent work stays. */
  unpinned({ user_id, task_id }) {
    for (const op of this.disk.tables.ops.values())
      if (op.user_id === user_id && op.job_id === task_id && !op.outcome) this.wrong("a pinned job was removed", { task_id, op: op.op_id });
  }

  async open() {
    const tab = new Tab();
    const outside = {
      store: memoryStore(this.disk, () => tab.step(), (puts, removed) => this.written(puts, removed)),
      seal: plain,
      transport: this.net.for(tab),
      clock: this.time.clock(),
      random: (count) => this.by.bytes(count),
      lock: this.locks.for(tab),
      build: String(this.build),
    };
    tab.died.then(() => {
      this.locks.died(tab);
      this.tabs = this.tabs.filter((one) => one !== tab);
    });
    const field = await this.within(tab, this.openField(outside));
    if (tab.dead) return null;
    tab.field = field;
    this.tabs.push(tab);
    return tab;
  }

  /** What came of it, unless the tab dies first. */
  within(tab, work) {
    return Promise.race([work.catch((error) => ({ error })), tab.died]);
  }

  async tab() {
    while (!this.tabs.length) await this.open();
    return this.by.pick(this.tabs);
  }

  async use() {
    this.net.faults = this.by.pick([0.1, 0.3, 0.5]);
    await this.signIn(await this.tab());
    while (this.stats.recorded < this.wanted && this.stats.steps < this.wanted * 6) {
      this.stats.steps += 1;
      const what = this.by.weighted({
        record: 40, pair: 5, void: 4, sync: 8, background: 5, crash: 4, second: 2, minutes: 10, hours: 3, days: 0.8, skew: 0.6,
        weather: 4, expire: 1.5, office: 4, wipe: 0.25, upgrade: 1, other: 0.7, leave: 0.4, retry: 0.5, seen: 0.5, race: 3,
      });
      await this[what]();
      this.look();
      if (this.stats.steps % 60 === 0) await this.judge(false);
    }
  }

  /** The phone's own invariants: what was kept is there, and its numbers have no gap. */
  look() {
    for (const one of this.issued.values())
      if (!one.lost && !one.purged && !this.disk.tables.ops.has(one.op_id)) this.wrong("an operation is gone from the phone", { op: one.op_id });
  }

  async record() {
    const tab = await this.tab();
    await this.within(tab, this.one(tab));
  }

  /** Two taps at the same moment, often in two tabs. */
  async pair() {
    const first = await this.tab();
    const second = await this.tab();
    await Promise.all([this.within(first, this.one(first)), this.within(second, this.one(second))]);
  }

  /** The office takes a job away, and work on it is kept at the moment when the phone is about to hear of it. */
  async race() {
    const tab = await this.tab();
    const job = this.by.pick(tab.field.state().jobs.filter(({ revoked }) => !revoked))?.task_id;
    if (!job) return;
    await this.server.tell({ act: "take", job, pick: this.by.below(1000), now: this.time.now });
    this.whenAsked = () => this.within(tab, this.one(tab, job));
    await this.within(tab, tab.field.sync("button"));
    this.whenAsked = null;
  }

  async one(tab, named) {
    const { account } = tab.field.state();
    if (!account) return this.signIn(tab);
    const jobs = this.jobs[account.user_id] ?? [];
    const job = named ?? (this.by.is(0.02) ? 999_999 : this.by.pick(jobs));
    const [kind, body, more] = this.content();
    const entry = await tab.field.record(job, kind, body, more);
    this.stats.recorded += 1;
    if (!tab.dead && !this.issued.has(entry.op_id)) this.wrong("said to be saved, and is not", { op: entry.op_id });
    return entry;
  }

  content() {
    const { by } = this;
    const number = String(by.below(100));
    const kind = by.weighted({ arrive: 2, leave: 1, timer_start: 3, timer_stop: 3, tool: 4, part: 6, part_returned: 2, note: 6, photo: 4, reading: 2, estimate: 2, quotation: 1, fault: 3, result: 3, advice: 2, signature: 1.5, complete: 0.5 });
    const name = by.pick(["油封", "螺栓", "皮带"]);
    const bodies = {
      arrive: {}, leave: {}, timer_start: { timer: by.pick(["a", "b"]) }, timer_stop: { timer: by.pick(["a", "b"]) }, tool: { name }, note: { text: `第${number}句` },
      part: { name, quantity: by.pick([1, "0.5", "2.25", 3]), number: by.pick(["", "B-7"]), unit: "个" }, part_returned: { name, quantity: "0.5" },
      photo: { caption: "铭牌" }, reading: { name: "压力", value: number, unit: "MPa" }, estimate: { amount: `${number}.50` },
      quotation: { amount: number, accepted: true, text: "" }, fault: { text: `故障${number}` }, result: { text: `已修${number}` }, advice: { text: `建议${number}` },
      signature: { name: "张先生", summary: SUMMARY, summary_sha256: createHash("sha256").update(SUMMARY).digest("hex") },
      complete: { outcome: by.pick(["nobody_home", "repaired"]), remaining: "" },
    };
    const body = bodies[kind];
    const size = by.is(0.06) ? 262_144 + by.below(60_000) : 1 + by.below(3_000);
    const file = kind === "photo" || kind === "signature" ? { bytes: jpeg(by, size).buffer, mime: "image/jpeg", thumbnail: "AAAA" } : undefined;
    return [kind, body, { file }];
  }

  async void() {
    const tab = await this.tab();
    const entries = tab.field.state().jobs.flatMap((job) => job.entries.map((entry) => ({ job: job.task_id, ...entry })));
    const mine = entries.filter((entry) => entry.mine && entry.state !== "voided" && !["void", "complete"].includes(entry.kind));
    if (!mine.length) return;
    const { job, op_id } = this.by.pick(mine);
    await this.within(tab, tab.field.void(job, op_id, "错"));
    this.stats.recorded += 1;
  }

  async sync() {
    const tab = await this.tab();
    await this.within(tab, tab.field.sync(this.by.pick(["timer", "focus", "online", "button"])));
    this.stats.rounds += 1;
  }

  /** A round goes on while other things happen. */
  async background() {
    const tab = await this.tab();
    tab.field.sync("record");
    this.stats.rounds += 1;
  }

  async crash() {
    const tab = await this.tab();
    const tapping = this.by.is(0.5);
    tab.crashIn(this.by.below(tapping ? 8 : 25));
    await this.within(tab, tapping ? this.one(tab) : tab.field.sync("button"));
    tab.kill();
  }

  async second() {
    await this.open();
  }

  async minutes() {
    this.time.forward(this.by.below(20 * MINUTE));
  }

  async hours() {
    this.time.forward(this.by.below(14 * HOUR));
  }

  async days() {
    this.time.forward(this.by.pick([1, 2, 6, 8]) * DAY);
    await this.server.tell({ act: "worker", now: this.time.now });
  }

  async skew() {
    this.time.skew = this.by.pick([0, 0, DAY, -DAY, 7 * MINUTE, -3 * MINUTE]);
  }

  async weather() {
    this.net.isUp = this.by.is(0.8);
    this.net.carriesFiles = this.by.is(0.6); // a way too thin for photos
    this.net.faults = this.by.pick([0, 0.2, 0.4, 0.7]);
  }

  async expire() {
    this.session = this.session ? null : "engineer";
    if (this.session) await this.signIn(await this.tab());
  }

  async signIn(tab) {
    if (!this.session) this.session = "engineer";
    for (let turn = 0; turn < 3; turn++) {
      const { error } = (await this.within(tab, tab.field.register())) ?? {};
      if (!error || tab.dead) return;
      if (!["Offline", "SignedOut", "DeviceTaken"].includes(error.name)) this.wrong("registering failed", { error: String(error), stack: error.stack });
    }
  }

  async office() {
    const act = this.by.weighted({ note: 6, reassign: 3, close: 1, rule: 5 });
    await this.server.tell({ act, job: this.by.pick(this.jobs.all), pick: this.by.below(1000), now: this.time.now });
  }

  async wipe() {
    for (const tab of [...this.tabs]) tab.kill();
    await turn();
    for (const op_id of this.disk.tables.ops.keys()) this.issued.get(op_id).lost = true;
    this.disk.wipe();
    this.delivered.clear();
    this.disk.listeners.clear();
    this.stats.wiped = (this.stats.wiped ?? 0) + 1;
  }

  async upgrade() {
    for (const tab of [...this.tabs]) tab.kill();
    await turn();
    this.build += 1;
  }

  /** Somebody else signs in on this phone; the first one's outbox stays. */
  async other() {
    this.session = this.session === "other" ? "engineer" : "other";
    const tab = await this.tab();
    await this.within(tab, tab.field.register());
  }

  async leave() {
    const tab = await this.tab();
    const { unsent, left } = (await this.within(tab, tab.field.leave({ force: this.by.is(0.5) }))) ?? {};
    if (left === false && unsent === 0) this.wrong("one may not leave with nothing unsent");
    if (!tab.dead) await this.signIn(tab);
  }

  async retry() {
    const tab = await this.tab();
    const [one] = await tab.field.outbox();
    if (one) await this.within(tab, tab.field.retry(one.op_id));
  }

  async seen() {
    const tab = await this.tab();
    const [job] = tab.field.state().jobs;
    if (job) await this.within(tab, tab.field.seen(job.task_id));
  }

  async judge(final, views = []) {
    const found = await this.server.tell({ act: "judge", final, issued: [...this.issued.values()], views, now: this.time.now });
    for (const one of found.violations) this.wrong(one);
  }

  /** Everything works again: what was kept arrives, in bounded rounds. */
  async heal() {
    Object.assign(this.net, { faults: 0, isUp: true, carriesFiles: true });
    for (const request of this.net.late.splice(0)) await this.server.http({ ...request, user: null, now: this.time.now });
    for (const tab of [...this.tabs]) tab.kill();
    await turn();
    for (const login of ["other", "engineer"]) await this.emptied(login);
    if (this.waits()) {
      this.time.forward(6 * DAY);
      await this.server.tell({ act: "worker", now: this.time.now });
      for (const login of ["other", "engineer"]) await this.emptied(login);
    }
    const tab = await this.tab();
    await tab.field.sync("focus"); // the feed shows what became of the files
    const { account, jobs, waiting, files } = tab.field.state();
    if (waiting || files) this.wrong("the queue is not empty after healing", { waiting, files, outbox: await tab.field.outbox() });
    await this.judge(true, jobs.map(({ task_id, rev, record, entries }) => ({ user_id: account.user_id, task_id, rev, record, entries: entries.map(({ op_id, state }) => [op_id, state]) })));
  }

  waits = () => [...this.disk.tables.ops.values()].some((op) => op.code === "waits");

  async emptied(login) {
    this.session = login;
    const tab = await this.tab();
    await this.signIn(tab);
    for (let turns = 0; turns < ROUNDS; turns++) {
      const result = await this.within(tab, tab.field.sync("focus"));
      this.time.forward(Math.max(1000, Math.min(tab.field.dueIn(), 300_000)));
      const { waiting, files } = tab.field.state();
      this.stats.healed = Math.max(this.stats.healed ?? 0, turns + 1);
      if (result.ok && !waiting && !files) break;
    }
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Something that begins as a photo does. */
function jpeg(by, size) {
  const bytes = new Uint8Array(size + 4);
  bytes.set([0xff, 0xd8, 0xff, 0xe0]);
  for (let at = 4; at < Math.min(size, 64); at++) bytes[at] = by.below(256);
  return bytes;
}
