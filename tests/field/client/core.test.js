// The client's core by itself: what each rule asks of it. Run by tests/field/test_client.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../../static/js/field/core/backoff.js";
import { sha256 } from "../../../static/js/field/core/bytes.js";
import { decimal, plus, shown } from "../../../static/js/field/core/decimal.js";
import { uuid7 } from "../../../static/js/field/core/ids.js";
import { learnt } from "../../../static/js/field/core/offsets.js";
import { minutesOf } from "../../../static/js/field/core/minutes.js";
import { canonical, summary } from "../../../static/js/field/core/summary.js";
import { Disk } from "../simulation/memory.js";
import { JOB, Server, USER, phone, states } from "./support.js";

const DAY = 24 * 3_600_000;
const photo = (size = 10) => ({ file: { bytes: new Uint8Array(size).fill(7).buffer, mime: "image/jpeg" } });
const rows = (disk, table) => [...disk.tables[table].values()];

test("ids are UUIDv7: they sort by when they were made (rule 1)", () => {
  const random = (count) => new Uint8Array(count).fill(0xff);
  const early = uuid7(Date.UTC(2026, 0, 1), random);
  assert.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(early < uuid7(Date.UTC(2026, 0, 1) + 1, (count) => new Uint8Array(count)));
});

test("numbers have no gap, and an operation that is refused takes none (rule 2)", async () => {
  const { field, disk } = await phone();
  await field.record(JOB, "note", { text: "一" });
  await assert.rejects(field.record(JOB, "note", { text: "字".repeat(12_000) }), { name: "TooLarge" });
  await assert.rejects(field.record(JOB, "telepathy", {}), { name: "UnknownKind" });
  await Promise.all([field.record(JOB, "note", { text: "二" }), field.record(JOB, "note", { text: "三" })]);
  assert.deepEqual(rows(disk, "ops").map((op) => op.envelope.seq).sort(), [1, 2, 3]);
});

test("the hash is over the body's text, and the body travels as text (rule 2)", async () => {
  const { field, server } = await phone();
  await field.record(JOB, "part", { name: "油封", quantity: 2 });
  await field.sync("button");
  const [op] = server.sent;
  assert.equal(op.sha256, await sha256(op.body));
  assert.deepEqual(JSON.parse(op.body), { name: "油封", quantity: "2", number: "", unit: "" });
  assert.equal(op.base_rev, 11);
  for (const key of ["op_id", "device_id", "seq", "user_id", "job_id", "kind", "schema", "build", "at_wall", "at_mono", "tz", "offset", "deps"])
    assert.ok(key in op, key);
});

test("a disk that is full keeps nothing and says so, so that what was typed is not lost (rule 4)", async () => {
  const { field, disk } = await phone();
  const { set } = disk.tables.blobs;
  disk.tables.blobs.set = () => {
    throw new DOMException("no room", "QuotaExceededError");
  };
  await assert.rejects(field.record(JOB, "photo", {}, photo()), { name: "StorageFailed" });
  disk.tables.blobs.set = set;
  assert.equal(field.state().waiting, 0);
});

test("texts that no database keeps are cleaned before they are hashed", async () => {
  const { field } = await phone();
  const { body } = await field.record(JOB, "note", { text: "a\0b\ud800c" });
  assert.equal(body.text, "ab\ufffdc");
});

test("an answer is told by its header, not by its status (rule 11)", async () => {
  const { field, server } = await phone();
  await field.record(JOB, "note", { text: "一" });
  server.reply = (status, json) => ({ status, headers: {}, text: JSON.stringify(json) });
  assert.deepEqual(await field.sync("button"), { ok: false, reason: "offline" });
  assert.deepEqual([field.state().waiting, field.state().online], [1, false]);
  delete server.reply;
  server.reply = new Server().reply;
  assert.equal((await field.sync("button")).ok, true);
  assert.deepEqual([field.state().waiting, field.state().online], [0, true]);
});

test("a call takes fifty operations and 256 KB, the oldest first, with the phone's health (rule 11)", async () => {
  const { field, server } = await phone();
  for (let n = 0; n < 60; n++) await field.record(JOB, "note", { text: `${n}` });
  const calls = [];
  const { ops } = server;
  server.ops = function (request) {
    const answer = ops.call(this, request);
    calls.push([this.sent.map((op) => op.seq), this.health, request.body.length]);
    return answer;
  };
  await field.sync("button");
  assert.deepEqual(calls.map(([seqs]) => [seqs[0], seqs.at(-1)]), [[1, 50], [51, 60]]);
  assert.deepEqual([calls[0][1].pending, calls[0][1].max_seq, calls[1][1].pending], [60, 60, 10]);
  calls.length = 0;
  for (let n = 0; n < 20; n++) await field.record(JOB, "note", { text: "x".repeat(20_000) });
  await field.sync("button");
  assert.ok(calls.length > 1 && calls.every(([, , bytes]) => bytes <= 256 * 1024));
});

test("a batch that is too large is halved until it passes, and one that never does holds nothing back (rules 11, 12)", async () => {
  const { field, server } = await phone();
  for (let n = 0; n < 9; n++) await field.record(JOB, "note", { text: n === 4 ? "bad" : `${n}` });
  const { ops } = server;
  server.ops = function (request) {
    const { operations } = JSON.parse(new TextDecoder().decode(request.body));
    if (operations.length > 2 || operations.some((op) => op.body.includes("bad"))) return this.reply(413, {});
    return ops.call(this, request);
  };
  assert.equal((await field.sync("button")).ok, true);
  assert.deepEqual([field.state().waiting, server.ledger.size], [1, 8]);
});

test("after a failure it waits, longer each time, as long as the server says, and never over five minutes (rule 10)", () => {
  const clock = { time: 0, mono: () => clock.time };
  const backoff = new Backoff(clock, (count) => new Uint8Array(count).fill(255));
  const waits = Array.from({ length: 12 }, () => (backoff.failed(), Math.round(backoff.left() / 1000)));
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  backoff.worked();
  backoff.failed(90);
  assert.equal(backoff.left(), 90_000);
  assert.deepEqual(["timer", "focus", "button"].map((reason) => backoff.allows(reason)), [false, false, true]);
});

test("a round that has to wait says so and asks nothing", async () => {
  const { field, server, time } = await phone();
  await field.record(JOB, "note", { text: "一" });
  server.ops = function () {
    return this.reply(503, {}, { "x-field-sync": "1", "retry-after": "30" });
  };
  assert.deepEqual(await field.sync("timer"), { ok: false, reason: "busy" });
  assert.equal(field.dueIn(), 30_000);
  server.seen.length = 0;
  assert.deepEqual(await field.sync("timer"), { ok: false, reason: "backoff" });
  assert.deepEqual(server.seen, []);
  delete server.ops;
  time.mono += 30_001;
  assert.equal((await field.sync("timer")).ok, true);
});

test("a session that is over stops nothing: writing goes on, and sending under the device's key (rule 27)", async () => {
  const { field, server } = await phone();
  server.user = null;
  await field.record(JOB, "note", { text: "一" });
  await field.sync("button");
  assert.deepEqual([field.state().signedIn, field.state().waiting], [false, 0]);
  assert.equal(field.state().jobs.length, 1);
  await assert.rejects(field.register(), { name: "SignedOut" });
  server.user = { id: 7, name: "赵磊" };
  assert.equal((await field.register()).user_id, 7);
  assert.equal(field.state().signedIn, true);
});

test("a fortnight after the last contact nobody reads a customer's address without signing in (rule 27)", async () => {
  const { field, server, time } = await phone();
  server.user = null;
  await field.sync("button");
  assert.equal(field.job(JOB).customer.name, "农机站");
  time.skew = 15 * DAY;
  await field.record(JOB, "note", { text: "一" });
  assert.deepEqual([field.job(JOB).customer, field.job(JOB).locked], [null, true]);
});

test("what the device's key still reaches is no reading: the fortnight runs from the last feed of that user (rule 27)", async () => {
  const { field, server } = await phone();
  server.user = null;
  for (let day = 0; day < 15; day++) {
    server.now += DAY + 1;
    await field.sync("button");
  }
  assert.deepEqual([field.job(JOB).customer, field.job(JOB).locked], [null, true]);
  assert.equal(field.state().seenAt, server.now);
});

test("nor does the feed of the phone's next user lengthen it (rules 8, 27)", async () => {
  const { field, server } = await phone();
  server.user = { id: 8, name: "钱" };
  await field.register();
  server.now += 20 * DAY;
  await field.sync("button");
  server.user = USER;
  server.feed = () => server.reply(401, {});
  await field.register();
  await field.sync("button");
  assert.equal(field.job(JOB).locked, true);
});

test("a phone that is revoked says so, drops what it may, hides the rest and sends on (rule 27)", async () => {
  const { field, server } = await phone();
  server.scope = [JOB, 4];
  await field.sync("button");
  await field.record(4, "note", { text: "一" });
  const { ops } = server;
  server.ops = () => server.reply(413, {});
  server.feed = ({ headers }) => {
    assert.equal(headers["x-field-device"], field.state().account.device_id);
    return server.reply(403, { type: "/problems/phone-revoked" });
  };
  await field.sync("button");
  assert.deepEqual([field.state().revoked, field.job(JOB)], [true, undefined]);
  assert.deepEqual([field.job(4).customer, field.job(4).locked], [null, true]);
  server.ops = ops;
  server.decide = () => ({ outcome: "parked", code: "revoked" });
  await field.record(4, "note", { text: "二" });
  await field.sync("button");
  assert.deepEqual([field.state().waiting, field.state().atOffice, server.ledger.size], [0, 2, 2]);
  assert.equal((await field.outbox())[0].code, "revoked");
});

test("another 403 revokes nothing", async () => {
  const { field, server } = await phone();
  server.feed = () => server.reply(403, { type: "/problems/forbidden" });
  await field.sync("button");
  assert.deepEqual([field.state().revoked, field.state().signedIn, field.job(JOB).locked], [false, false, undefined]);
});

test("426 stops new jobs and never what was done (rule 26)", async () => {
  const { field, server } = await phone();
  server.feed = () => server.reply(426, {});
  await field.record(JOB, "note", { text: "一" });
  await field.sync("button");
  assert.deepEqual([field.state().upgrade, field.state().waiting], [true, 0]);
});

test("a key that is not known any more is asked for again, and nothing is lost", async () => {
  const { field, server } = await phone();
  await field.record(JOB, "note", { text: "一" });
  const { ops } = server;
  server.ops = () => server.reply(401, {});
  await field.sync("button");
  assert.deepEqual([field.state().signedIn, field.state().waiting], [true, 1]); // the feed was still ours
  server.ops = ops;
  await field.sync("button");
  assert.equal(field.state().waiting, 0);
});

test("a device whose number is taken is given up for a new one, and what it holds stays", async () => {
  const { field, server, disk } = await phone();
  await field.record(JOB, "note", { text: "一" });
  const before = field.state().account.device_id;
  const { ops } = server;
  server.ops = () => server.reply(401, {});
  server.devices = ({ body }) => (body.endsWith(before) ? server.reply(409, {}) : server.reply(201, { key: "new" }));
  await field.sync("button");
  const { device_id } = await field.register();
  assert.notEqual(device_id, before);
  assert.equal(rows(disk, "ops").length, 1);
  await field.record(JOB, "note", { text: "二" });
  server.ops = ops;
  await field.sync("button");
  assert.deepEqual([field.state().waiting, server.ledger.size], [0, 2]);
});

test("a file goes on where the server has it, in chunks, and begins anew where that is refused (rule 23)", async () => {
  const { field, server } = await phone();
  const size = 600_000;
  await field.record(JOB, "photo", { caption: "铭牌" }, photo(size));
  const got = { offset: 262_144, offsets: [], refused: false };
  const said = () => ({ "x-field-sync": "1", "upload-offset": String(got.offset) });
  server.head = () => ({ status: 200, headers: said(), text: "" });
  server.put = (request) => {
    const at = Number(request.headers["upload-offset"]);
    got.offsets.push(at);
    if (at !== got.offset) return server.reply(409, {}, said());
    got.offset += request.body.length;
    if (got.offset === size && !got.refused) {
      Object.assign(got, { offset: 0, refused: true });
      return server.reply(409, {}, said());
    }
    return server.reply(200, { is_verified: got.offset === size }, said());
  };
  await field.sync("button");
  assert.deepEqual(got.offsets, [262_144, 524_288, 0, 262_144, 524_288]);
  assert.deepEqual([field.state().files, states(field)], [0, ["photo recorded"]]);
});

test("a photo is there offline, and its entry says how far it is (rule 30)", async () => {
  const { field, server } = await phone();
  const { file } = await field.record(JOB, "photo", {}, photo());
  assert.equal((await field.file(file.att_id)).bytes.length, 10);
  assert.deepEqual(states(field), ["photo phone"]);
  await field.sync("button");
  assert.deepEqual([states(field), field.state().files], [["photo received"], 1]);
  server.head = () => ({ status: 200, headers: { "x-field-sync": "1", "upload-offset": "0" }, text: "" });
  server.put = () => server.reply(200, { is_verified: true }, { "x-field-sync": "1", "upload-offset": "10" });
  await field.sync("button");
  assert.deepEqual([states(field), field.state().files], [["photo recorded"], 0]);
});

test("outcomes have words: in the record, at the office, needs you (rules 15, 30)", async () => {
  const { field, server } = await phone();
  server.entries = () => [];
  const outcomes = [["parked", "no_right"], ["parked", "waits"], ["needs_fix", "body"], ["quarantined", "seq_taken"], ["flagged", "closed"]];
  server.decide = (op) => ({ outcome: outcomes[op.seq - 1][0], code: outcomes[op.seq - 1][1] });
  for (const _ of outcomes) await field.record(JOB, "note", { text: "?" });
  await field.sync("button");
  assert.deepEqual(states(field), ["note office", "note received", "note needs_you", "note office", "note recorded"]);
  const { needs, atOffice, waiting } = field.state();
  assert.deepEqual([needs, atOffice, waiting], [1, 2, 1]);
  const [, , fix] = await field.outbox();
  await field.dismiss(fix.op_id);
  assert.equal(field.state().needs, 0);
});

test("what the office made of a parked operation comes with the next asking", async () => {
  const { field, server } = await phone();
  server.entries = () => [];
  server.decide = () => ({ outcome: "parked", code: "no_right" });
  const { op_id } = await field.record(JOB, "note", { text: "?" });
  await field.sync("button");
  server.ledger.get(op_id).told = { op_id, outcome: "parked", code: "discarded", message: "", rev: 99 };
  await field.sync("focus");
  assert.equal(field.state().atOffice, 1);
  await field.retry(op_id);
  assert.equal(field.state().atOffice, 0);
});

test("what arrives damaged comes again, and the office looks when it always does (rule 14)", async () => {
  const { field, server } = await phone();
  server.entries = () => [];
  server.ops = (request) => {
    const { operations } = JSON.parse(new TextDecoder().decode(request.body));
    return server.reply(200, { outcomes: operations.map(({ op_id }) => ({ op_id, outcome: "quarantined", code: "hash" })), max_seq: 1, now: "" });
  };
  await field.record(JOB, "note", { text: "?" });
  for (let turn = 0; turn < 4; turn++) await field.sync("button");
  assert.equal(field.state().waiting, 1);
  await field.sync("button");
  assert.deepEqual([field.state().waiting, field.state().atOffice], [0, 1]);
});

test("only what settles a log waits for what stands in it (rule 18)", async () => {
  const { field, disk } = await phone();
  const note = await field.record(JOB, "note", { text: "一" });
  const part = await field.record(JOB, "part", { name: "油封" });
  const gone = await field.void(JOB, note.op_id, "错");
  await field.record(JOB, "complete", { outcome: "repaired" });
  const deps = Object.fromEntries(rows(disk, "ops").map((op) => [op.kind, op.envelope.deps]));
  assert.deepEqual(deps, { note: [], part: [], void: [note.op_id], complete: [note.op_id, part.op_id, gone.op_id] });
  await assert.rejects(field.void(JOB, gone.op_id), { name: "NotVoidable" });
});

test("an acknowledgement deletes nothing; a week later what is final, verified and shown goes (rule 13)", async () => {
  const { field, server, disk, time } = await phone();
  await field.record(JOB, "note", { text: "一" });
  await field.record(JOB, "photo", {}, photo());
  await field.sync("button");
  await field.sync("button");
  assert.equal(rows(disk, "ops").length, 2);
  time.skew = 8 * DAY;
  server.now += 8 * DAY;
  await field.sync("button");
  await field.sync("button");
  assert.deepEqual(rows(disk, "ops").map((op) => op.kind), ["photo"]);
  assert.equal(rows(disk, "blobs").length, 1);
  server.head = () => ({ status: 200, headers: { "x-field-sync": "1", "upload-offset": "0" }, text: "" });
  server.put = () => server.reply(200, { is_verified: true }, { "x-field-sync": "1", "upload-offset": "10" });
  server.file = "verified";
  await field.sync("button");
  await field.sync("button");
  assert.deepEqual([rows(disk, "ops"), rows(disk, "bodies"), rows(disk, "files"), rows(disk, "blobs")], [[], [], [], []]);
  assert.deepEqual(states(field), ["note recorded", "photo recorded"]);
});

test("what the feed does not show stays", async () => {
  const { field, server, disk, time } = await phone();
  server.entries = () => [];
  await field.record(JOB, "note", { text: "一" });
  await field.sync("button");
  time.skew = 9 * DAY;
  await field.sync("button");
  assert.equal(rows(disk, "ops").length, 1);
});

test("a job that the office takes away stays with its log as long as own entries of it are here (rules 6, 13)", async () => {
  const { field, server } = await phone();
  await field.record(JOB, "note", { text: "一" });
  const { ops } = server;
  server.ops = () => server.reply(413, {});
  server.scope = [];
  server.changes = {};
  await field.sync("button");
  assert.deepEqual([field.job(JOB).pinned, field.job(JOB).revoked], [true, true]);
  server.ops = ops;
  server.decide = () => ({ outcome: "parked", code: "no_right" });
  await field.sync("button");
  assert.deepEqual([field.job(JOB).pinned, field.job(JOB).revoked, states(field)], [false, true, ["note office"]]);
  const { op_id } = field.job(JOB).entries[0];
  server.ledger.get(op_id).told = { op_id, outcome: "parked", code: "discarded", message: "", rev: 99 };
  server.rev = 99;
  await field.retry(op_id);
  server.now += 8 * DAY;
  for (let turn = 0; turn < 3; turn++) await field.sync("button");
  assert.equal(field.job(JOB), undefined);
});

test("a job that was only signed for goes when it is no more one's own, as soon as that has been sent (rules 6, 13)", async () => {
  const { field, server } = await phone();
  await field.record(JOB, "receipt", {});
  const { ops } = server;
  server.ops = () => server.reply(413, {});
  server.scope = [];
  await field.sync("button");
  assert.deepEqual([field.job(JOB).pinned, field.job(JOB).revoked], [true, true]);
  server.ops = ops;
  await field.sync("button");
  assert.equal(field.job(JOB), undefined);
});

test("a job that comes for the first time was changed by nobody (rule 6)", async () => {
  const { field, server } = await phone();
  server.scope = [JOB, 4];
  server.changes = { 4: [{ rev: 12, word: "task.assigned", at: "2026-11-27T02:00:00+00:00" }] };
  await field.sync("button");
  assert.deepEqual(field.job(4).changes, []);
});

test("what the office changed stands over the job until it was read (rule 6)", async () => {
  const { field, server } = await phone();
  server.changes = { [JOB]: [{ rev: 12, word: "visit.moved", at: "2026-11-27T02:00:00+00:00" }] };
  await field.sync("button");
  assert.deepEqual(field.job(JOB).changes.map(({ word }) => word), ["visit.moved"]);
  await field.seen(JOB);
  assert.deepEqual(field.job(JOB).changes, []);
});

test("a server that knows a higher number than the phone: a new epoch begins, and says so (rule 28)", async () => {
  const { field, server, disk } = await phone();
  await field.record(JOB, "note", { text: "一" });
  const before = field.state().account.device_id;
  server.max_seq = 40;
  await field.sync("button");
  const { account, epochLost } = field.state();
  assert.equal(epochLost, true);
  assert.notEqual(account.device_id, before);
  server.max_seq = undefined;
  await field.record(JOB, "note", { text: "二" });
  await field.sync("button");
  assert.equal(rows(disk, "devices").find((one) => one.device_id === account.device_id).next_seq, 2);
  assert.equal(server.sent.at(-1)?.device_id ?? account.device_id, account.device_id);
  assert.equal(field.state().waiting, 0);
  await field.dismiss("epoch");
  assert.equal(field.state().epochLost, false);
});

test("a server that was put back to an earlier day gets again what the phone still has (rule 13)", async () => {
  const { field, server } = await phone();
  for (const text of ["一", "二", "三"]) await field.record(JOB, "note", { text });
  await field.sync("button");
  server.ledger.clear();
  await field.record(JOB, "note", { text: "四" });
  server.max_seq = 1;
  await field.sync("button");
  server.max_seq = undefined;
  await field.sync("button");
  assert.equal(server.ledger.size, 4);
});

test("another user on this phone sees nothing of the first one's, whose work is sent all the same (rule 8)", async () => {
  const { field, server } = await phone();
  await field.record(JOB, "note", { text: "一" });
  server.user = { id: 8, name: "钱" };
  server.entries = () => [];
  const account = await field.register();
  assert.deepEqual([account.user_id, field.state().jobs.length, field.state().waiting], [8, 0, 1]);
  const [waiting] = await field.outbox();
  assert.deepEqual([waiting.mine, "body" in waiting], [false, false]);
  await field.sync("button");
  assert.equal(field.state().waiting, 0);
  assert.equal([...server.ledger.values()][0].op.user_id, 7);
});

test("the feed of somebody else who signed in is not shown to the user of this device", async () => {
  const { field, server } = await phone();
  server.user = { id: 8, name: "钱" };
  server.scope = [JOB, 99];
  await field.sync("button");
  assert.deepEqual([field.state().signedIn, field.job(99)], [false, undefined]);
});

test("each user of a phone has their own van, whoever comes between (rule 8)", async () => {
  const server = new Server();
  const { feed } = server;
  server.feed = ({ path }) => {
    // As the server does: the catalogue only where something of it changed since the cursor.
    const answer = JSON.parse(feed().text);
    const isNew = path.endsWith("cursor=");
    return server.reply(200, { ...answer, catalogue: isNew ? { rev: 1, parts: [], tools: [], stock: [{ number: `of ${server.user.id}` }] } : null });
  };
  const { field } = await phone({ server });
  const seen = [];
  const look = () => seen.push(...field.state().catalogue.stock.map(({ number }) => number), "|");
  look();
  for (const user of [{ id: 8, name: "钱" }, USER]) {
    server.user = user;
    await field.register();
    look();
    await field.sync("button");
    look();
  }
  assert.deepEqual(seen, ["of 7", "|", "|", "of 8", "|", "of 7", "|", "of 7", "|"]);
});

test("where only the van moved its stock comes alone, and the lists stay (rule 24)", async () => {
  const server = new Server();
  const { feed } = server;
  let carried = { rev: 1, parts: [{ number: "B-7" }], tools: [{ number: "T-1" }], stock: [{ number: "B-7", quantity: "2" }] };
  server.feed = (request) => server.reply(200, { ...JSON.parse(feed(request).text), catalogue: carried });
  const { field } = await phone({ server });
  for (carried of [{ rev: 2, stock: [{ number: "B-7", quantity: "1" }] }, null]) {
    await field.sync("button");
    const { parts, tools, stock } = field.state().catalogue;
    assert.deepEqual([parts, tools, stock[0].quantity], [[{ number: "B-7" }], [{ number: "T-1" }], "1"]);
  }
});

test("leaving with unsent work has to be said twice, and it stays sealed (rule 8)", async () => {
  const { field, server, disk } = await phone();
  await field.record(JOB, "note", { text: "一" });
  assert.deepEqual(await field.leave(), { left: false, unsent: 1 });
  assert.deepEqual(await field.leave({ force: true }), { left: true, unsent: 1 });
  assert.deepEqual([field.state().account, field.state().jobs, field.state().waiting], [null, [], 1]);
  assert.equal(rows(disk, "bodies").length, 1);
  await assert.rejects(field.record(JOB, "note", { text: "二" }), { name: "NoAccount" });
  await field.sync("button");
  assert.equal(server.ledger.size, 1);
});

test("an export opens with what the server holds of the device, and with nothing less (rules 8, 29)", async () => {
  const server = new Server();
  server.devices = () => server.reply(201, { key: "a key of this device" });
  const { field } = await phone({ server });
  await field.record(JOB, "note", { text: "没有网络" });
  await field.record(JOB, "photo", {}, photo());
  const file = new TextDecoder().decode(await field.export());
  assert.ok(!file.includes("没有网络"));
  const [{ device_id, iv, sealed, count }] = JSON.parse(file).devices;
  assert.equal(count, 2);
  const bytes = (given) => Uint8Array.from(atob(given), (one) => one.charCodeAt(0));
  const opened = async (digest) => {
    const secret = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`bihuan-field-export:${digest}`));
    const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["decrypt"]);
    const additionalData = new TextEncoder().encode(device_id);
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(iv), additionalData }, key, bytes(sealed))));
  };
  const { operations, files } = await opened(await sha256("a key of this device"));
  assert.equal(JSON.parse(JSON.parse(operations[0]).body).text, "没有网络");
  assert.equal(await sha256(bytes(files[0].content)), JSON.parse(JSON.parse(operations[1]).body).file.sha256);
  await assert.rejects(opened(await sha256("another key")));
});

test("the phone opens with all that it held (rule 4)", async () => {
  const disk = new Disk();
  const first = await phone({ disk });
  await first.field.record(JOB, "note", { text: "一" });
  const server = new Server();
  server.send = async () => {
    throw new TypeError("no network");
  };
  const { field } = await phone({ disk, server, user: false });
  assert.deepEqual([field.state().account.user_id, states(field)], [7, ["note phone"]]);
  await field.record(JOB, "note", { text: "二" });
  assert.deepEqual(await field.sync("start"), { ok: false, reason: "offline" });
  assert.equal(field.state().waiting, 2);
});

test("what cannot be opened any more holds nothing else back", async () => {
  const { field, server, disk } = await phone();
  const { op_id } = await field.record(JOB, "note", { text: "一" });
  await field.record(JOB, "note", { text: "二" });
  disk.tables.bodies.get(op_id).sealed = new Uint8Array([0x7b]);
  const broken = { seal: async (bytes) => bytes, open: async (bytes) => (bytes.length === 1 ? Promise.reject(new Error("seal")) : bytes) };
  const second = await phone({ disk, server, user: false, seal: broken });
  assert.equal((await second.field.sync("button")).ok, true);
  assert.deepEqual([server.ledger.size, second.field.state().waiting], [1, 1]);
});

test("two tabs see what the other wrote", async () => {
  const disk = new Disk();
  const { field, server } = await phone({ disk });
  const second = await phone({ disk, server, user: false });
  const changed = new Promise((resolve) => second.field.subscribe((state) => state.waiting && resolve(state)));
  await field.record(JOB, "note", { text: "一" });
  assert.equal((await changed).waiting, 1);
});

test("the clock's error is learnt from the server, in seconds, and small ones are the way's (rules 2, 21)", () => {
  const at = (wall, mono) => ({ wall, mono });
  const now = Date.UTC(2026, 10, 27);
  const said = new Date(now).toISOString();
  assert.equal(learnt(0, said, at(now - 600_000, 0), at(now - 600_000, 0)), 600);
  assert.equal(learnt(600, said, at(now - 601_000, 0), at(now - 601_000, 0)), 600);
  assert.equal(learnt(600, said, at(now + 500, 0), at(now + 700, 200)), 0);
  assert.equal(learnt(5, said, at(now - 60_000, 0), at(now, 60_000)), 5, "a slow way says nothing");
  assert.equal(learnt(5, said, at(now - DAY, 0), at(now, 100)), 5, "nor does a clock that jumps");
  assert.equal(learnt(5, "?", at(now, 0), at(now, 0)), 5);
});

test("what is recorded later bears the offset, and its time is corrected", async () => {
  const server = new Server();
  const { field, disk } = await phone({ server, wall: server.now - 3_600_000 });
  const entry = await field.record(JOB, "note", { text: "一" });
  const [op] = rows(disk, "ops");
  assert.deepEqual([op.envelope.offset, entry.at], [3600, server.now]);
});

test("decimals are added exactly", () => {
  const sum = (...given) => shown(given.map(decimal).reduce((one, other) => plus(one, other), decimal(0)));
  assert.equal(sum("0.1", "0.2"), "0.3");
  assert.equal(sum("2.50", 1), "3.5");
  assert.equal(sum("1e3", "0.5"), "1000.5");
  assert.equal(shown(plus(decimal("0.5"), decimal(2), -1)), "-1.5");
  assert.throws(() => decimal("three"), RangeError);
});

test("the summary is canonical and the same for the same job (rule 22)", async () => {
  assert.equal(canonical("a \r\nb\u0301\t\n\n"), "a\nb\u0301".normalize("NFC"));
  assert.deepEqual([30, 90, 150, 151].map(minutesOf), [0, 2, 2, 3], "as Python rounds");
  const labels = { number: "工单", device: "设备", fault: "故障", result: "处理", parts: "配件", tools: "工具", minutes: "工时（分钟）", cost: "费用", quotation: "报价", advice: "建议", outcome: "结果", engineer: "工程师", date: "日期" };
  const record = {
    values: { fault: "油封\n老化", result: "已更换" }, tools: ["扳手"], seconds: 3000, quotation: { amount: "120.50", accepted: true, text: "" },
    parts: [{ name: "油封", number: "B-7", unit: "个", quantity: "2" }],
  };
  const job = { number: "P06-1", device: { model: "收割机", serial: "S1" }, record };
  const said = summary(job, { labels, outcome: "已修复", engineer: "赵磊", date: "2026-11-27", accepted: "客户同意", none: "无" });
  assert.equal(said, [
    "工单：P06-1", "设备：收割机 S1", "故障：油封 老化", "处理：已更换", "配件：油封 B-7 × 2 个", "工具：扳手", "工时（分钟）：50", "报价：120.50 客户同意",
    "结果：已修复", "工程师：赵磊", "日期：2026-11-27",
  ].join("\n"));
});
