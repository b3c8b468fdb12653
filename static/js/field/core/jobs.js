// What an engineer sees of a job: the office's packet, with what this phone holds laid over it.
import { fold } from "./fold.js";
import { isApplied, isWaiting, pins, stateOf } from "./outcomes.js";

const FORTNIGHT = 14 * 24 * 3_600_000;

/** One's own entry; it `counts` where it is in the record, or will be as far as the phone can tell.
 * @param {object} op its row @param {any} body @param {object | undefined} file its row */
export function ownEntry(op, body, file) {
  return {
    op_id: op.op_id,
    kind: op.kind,
    body,
    at: op.at,
    state: stateOf(op, file),
    code: op.code ?? "",
    message: op.message ?? "",
    flags: [],
    voided_by: null,
    file: file ? shownFile(file) : null,
    person_id: op.user_id,
    mine: true,
    counts: isWaiting(op) || isApplied(op),
    rev: op.rev ?? null,
    seq: op.seq,
  };
}

const shownFile = ({ att_id, mime, size, sent, verified }) => ({ att_id, mime, size, sent, verified, local: true });

function serverEntry(entry, op, file, user) {
  const { att_id, mime, size } = entry.body.file ?? {};
  const verified = Boolean(file?.verified) || entry.file === "verified";
  const has = entry.file || att_id;
  return {
    op_id: entry.op_id,
    kind: entry.kind,
    body: entry.body,
    at: Date.parse(entry.at),
    state: file?.damaged ? "needs_you" : has && !verified ? "received" : "recorded",
    code: op?.code ?? "",
    message: op?.message ?? "",
    flags: entry.flags,
    voided_by: entry.voided_by,
    file: has ? { att_id, mime, size, sent: verified ? size : (file?.sent ?? 0), verified, local: Boolean(file) } : null,
    person_id: entry.person_id,
    mine: entry.person_id === user,
    counts: true,
    rev: entry.rev ?? op?.rev ?? null,
    seq: op?.seq ?? 0,
  };
}

/** The entries of a job in the server's order, what has no place in it yet last. */
function entriesOf(packet, own, user) {
  const mine = new Map(own.map((one) => [one.op.op_id, one]));
  const told = (packet.entries ?? []).map((entry) => {
    const known = mine.get(entry.op_id);
    mine.delete(entry.op_id);
    return serverEntry(entry, known?.op, known?.file, user);
  });
  const entries = [...told, ...[...mine.values()].map(({ op, body, file }) => ownEntry(op, body, file))];
  entries.sort((one, other) => (one.rev ?? Infinity) - (other.rev ?? Infinity) || one.seq - other.seq || 0);
  const known = new Map(entries.map((entry) => [entry.op_id, entry]));
  for (const { op, body } of own) {
    const target = op.kind === "void" && (isWaiting(op) || isApplied(op)) ? known.get(body.op) : undefined;
    if (target) target.voided_by ??= op.op_id;
  }
  for (const entry of entries) if (entry.voided_by) entry.state = "voided";
  return entries;
}

export function recordOf(entries, user, until) {
  const lines = entries.filter((entry) => entry.counts).map((entry) => ({ ...entry, voided: entry.voided_by !== null }));
  const folded = fold(lines, until);
  const left = lines.filter((line) => !line.voided);
  const last = (kind) => left.findLast((line) => line.kind === kind);
  const moved = (kind) => left.filter((line) => line.kind === kind).reduce((most, line) => Math.max(most, line.at), 0) || null;
  const [arrived, gone] = [moved("arrive"), moved("leave")];
  const quotation = last("quotation");
  const signature = left.find((line) => line.op_id === folded.signature);
  const proposed = entries.findLast((entry) => entry.kind === "complete" && entry.state !== "needs_you");
  return {
    values: folded.values,
    tools: folded.tools,
    parts: folded.parts,
    seconds: folded.seconds,
    runningTimers: folded.running.filter(({ person_id }) => person_id === user).map(({ timer, since }) => ({ timer, since })),
    arrivedAt: arrived,
    leftAt: gone && gone >= (arrived ?? 0) ? gone : null,
    photos: left.filter((line) => line.kind === "photo")
      .map((line) => ({ op_id: line.op_id, att_id: line.body.file.att_id, caption: line.body.caption ?? "" })),
    quotation: quotation ? { op_id: quotation.op_id, ...quotation.body } : null,
    signature: signature ? { op_id: signature.op_id, at: signature.at, ...signature.body } : null,
    amended: folded.amended,
    completed: proposed ? { op_id: proposed.op_id, outcome: proposed.body.outcome, remaining: proposed.body.remaining ?? "", state: proposed.state } : null,
  };
}

/**
 * @param {{task_id: number, packet: any, changes: object[], in_scope: boolean}} row
 * @param {{op: any, body: any, file: any}[]} own what this phone recorded of the job, by number
 * @param {{user: number, now: number, fed: number | null, signedIn: boolean, revoked: boolean}} here  `fed` is the last feed of that user
 */
export function viewOf(row, own, here) {
  const entries = entriesOf(row.packet, own, here.user);
  const view = {
    ...row.packet,
    entries,
    record: recordOf(entries, here.user, here.now),
    changes: row.changes,
    pinned: own.some(({ op, file }) => pins(op, file)),
    revoked: !row.in_scope,
  };
  // Signed out, reading goes on for a fortnight and writing without limit (rule 27). Only what came by the user's own
  // session counts: the device's key goes on sending after they have left.
  if (here.revoked || (!here.signedIn && here.now - (here.fed ?? 0) > FORTNIGHT)) {
    return { ...view, customer: null, site: null, device: null, visits_before: [], told: [], locked: true };
  }
  return view;
}
