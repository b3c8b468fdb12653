// The feed: jobs come down by revision, and what is no longer one's own goes, unless work on it is unsent (rules 6, 24).
import { utf8 } from "./bytes.js";
import { isApplied, isFinal, isAtOffice, pins } from "./outcomes.js";
import { ofUser } from "./phone.js";
import { ask } from "./replies.js";

const MOST_CHANGES = 30;
const REVOKED = "/problems/phone-revoked";
const OK = Object.freeze({ ok: true, reason: "" });

/** @returns {Promise<import("./sender.js").Result>} */
export async function fetchFeed(phone) {
  const { device } = phone;
  if (!device) return OK;
  const cursor = reachedBy(phone.mine("feed"));
  const reply = await ask(phone, {
    method: "GET", path: `/field/v1/feed?cursor=${encodeURIComponent(cursor)}`,
    headers: { "x-field-build": phone.build, "x-field-device": device.device_id },
  });
  if (reply.kind !== "ours") return { ok: false, reason: "offline" };
  if (reply.status === 403 && reply.json?.type === REVOKED) return giveUp(phone, device);
  if (reply.status === 401 || reply.status === 403) {
    await phone.store.write((tx) => tx.put("meta", { name: "session", user_id: null }));
    return OK;
  }
  if (reply.status === 426) {
    await phone.store.write((tx) => tx.put("meta", { name: "upgrade", build: phone.build }));
    return OK;
  }
  if (reply.status !== 200) return { ok: false, reason: "busy", after: reply.after };
  if (!Array.isArray(reply.json.packets) || !Array.isArray(reply.json.scope)) return { ok: false, reason: "offline" };
  // Somebody else is signed in here: their jobs are not shown to the user of this device.
  if (reply.json.user_id !== undefined && reply.json.user_id !== device.user_id) {
    await phone.store.write((tx) => tx.put("meta", { name: "session", user_id: null }));
    return OK;
  }
  return apply(phone, device, cursor, reply.json);
}

/** A row without a time is of an app that kept one catalogue for all: everything has to come again. */
const reachedBy = (row) => (row?.at ? row.cursor : "");

/** The office revoked this phone: what holds nothing unsent goes, and the rest shows no customer. It is sent on. */
async function giveUp(phone, device) {
  await phone.store.write(async (tx) => {
    const held = await holding(tx, device.user_id);
    for (const row of held.packets) if (!held.pinned.has(String(row.task_id))) await tx.remove("packets", row.id);
    await tx.remove("meta", ofUser("feed", device.user_id));
    await tx.remove("meta", ofUser("catalogue", device.user_id));
    await tx.put("devices", { ...(await tx.get("devices", device.device_id)), revoked: true });
  });
  return OK;
}

async function apply(phone, device, cursor, feed) {
  const name = ofUser("feed", device.user_id);
  const came = [];
  for (const packet of feed.packets) came.push({ packet, sealed: await phone.seal.seal(utf8(JSON.stringify(packet))) });
  const mark = phone.random(8).join("-");
  return phone.store.write(async (tx) => {
    // Another tab was faster: what it wrote is newer.
    if (reachedBy(await tx.get("meta", name)) !== cursor) return OK;
    const held = await holding(tx, device.user_id);
    const packets = new Map(held.packets.map((row) => [row.task_id, row]));
    for (const { packet, sealed } of came) {
      const before = packets.get(packet.task_id);
      // What is seen for the first time was not changed by anybody.
      const changes = before ? [...before.changes, ...(feed.changes?.[packet.task_id] ?? [])].slice(-MOST_CHANGES) : [];
      packets.set(packet.task_id, {
        id: `${device.user_id}:${packet.task_id}`, user_id: device.user_id, task_id: packet.task_id, rev: packet.rev,
        mark: `${mark}.${packet.rev}`, changes, sealed, in_scope: true,
      });
    }
    const scope = new Set(feed.scope);
    for (const row of packets.values()) {
      if (scope.has(row.task_id) || held.recorded.has(String(row.task_id))) await tx.put("packets", { ...row, in_scope: scope.has(row.task_id) });
      else await tx.remove("packets", row.id);
    }
    await confirm(tx, held, feed, scope);
    // A job of ours without its packet: everything has to come again.
    const whole = feed.scope.every((id) => packets.has(id));
    await tx.put("meta", { name, cursor: whole ? feed.cursor : "", at: phone.now() });
    await tx.put("meta", { name: "session", user_id: device.user_id });
    await tx.put("meta", { name: "contact", at: phone.now() });
    await tx.put("meta", { name: "upgrade", build: null });
    if (device.revoked) await tx.put("devices", { ...(await tx.get("devices", device.device_id)), revoked: false });
    if (feed.catalogue) await carry(tx, ofUser("catalogue", device.user_id), feed.catalogue);
    return OK;
  });
}

/** Lists that did not change do not come: they stay. */
const carry = async (tx, name, came) => tx.put("meta", { ...(await tx.get("meta", name)), ...came, name });

async function holding(tx, user_id) {
  const mine = (row) => row.user_id === user_id;
  const ops = (await tx.all("ops")).filter(mine);
  const files = new Map((await tx.all("files")).map((file) => [file.op_id, file]));
  const pinned = new Set(ops.filter((op) => pins(op, files.get(op.op_id))).map((op) => String(op.job_id)));
  // One's own log of a job is looked at until it is purged, whoever has the job now. To have signed for it is no work
  // that anybody would look for.
  const isWork = (op) => op.kind !== "receipt" || !isApplied(op);
  const recorded = new Set(ops.filter(isWork).map((op) => String(op.job_id)));
  return { ops, files, pinned, recorded, packets: (await tx.all("packets")).filter(mine) };
}

/** What the feed shows of one's own operations: it is in their job's packet, or the job is not ours any more, or it
 * came to nothing that a packet shows. What the office made of one that was parked is taken over, too. */
async function confirm(tx, { ops }, feed, scope) {
  const reached = Number.parseInt(feed.cursor, 10);
  const shown = new Map(feed.packets.flatMap((packet) => packet.entries.map((entry) => [entry.op_id, entry])));
  for (const op of ops) {
    const entry = shown.get(op.op_id);
    if (entry && isAtOffice(op)) {
      await tx.put("ops", { ...op, outcome: entry.outcome, code: entry.flags[0] ?? "", rev: entry.rev, shown: true });
    } else if (!op.shown && isFinal(op) && (op.rev ?? Infinity) <= reached) {
      if (entry || !isApplied(op) || !scope.has(Number(op.job_id))) await tx.put("ops", { ...op, shown: true });
    }
  }
}
