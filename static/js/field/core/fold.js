// From the log to the record, by the rules of field/folding.py: same entries, same record. Pure.
// Entries come in the server's order; what was voided counts nowhere; of single values the last does.
import { decimal, plus, shown } from "./decimal.js";
import { SINGLE } from "./kinds.js";

/** @typedef {{ op_id: string, person_id: number, kind: string, body: any, at: number, voided: boolean }} Line  at in ms */

const AFTER_SIGNING = new Set(["receipt", "leave", "complete", "note"]);

/** Timers that still run count up to `until`. @param {Line[]} lines @param {number} until */
export function fold(lines, until) {
  const left = lines.filter((line) => !line.voided);
  const signed = left.findLastIndex((line) => line.kind === "signature");
  const values = {};
  for (const line of left) if (SINGLE.has(line.kind)) values[line.kind] = value(line);
  const spans = spansOf(left, "timer_start", "timer_stop", until);
  const kept = spans.done.length ? spans : spansOf(left, "arrive", "leave", until);
  return {
    values,
    tools: [...new Set(left.filter((line) => line.kind === "tool").map((line) => line.body.name))],
    parts: partsOf(left),
    seconds: covered(kept.done) / 1000,
    running: spans.running,
    files: left.filter((line) => line.kind === "photo").map((line) => line.body.file.att_id),
    signature: signed < 0 ? "" : left[signed].op_id,
    amended: signed >= 0 && left.slice(signed + 1).some((line) => !AFTER_SIGNING.has(line.kind)),
  };
}

const value = (line) => String(line.body[line.kind === "estimate" ? "amount" : "text"]);

/** How many of each part stayed on site, in the order of first use; what went back whole is not there. */
function partsOf(lines) {
  const totals = new Map();
  for (const { kind, body } of lines) {
    if (kind !== "part" && kind !== "part_returned") continue;
    const key = [body.name, body.number].filter(Boolean).join(" ");
    const before = totals.get(key) ?? { name: body.name, number: body.number ?? "", unit: body.unit ?? "", total: decimal(0) };
    totals.set(key, { ...before, total: plus(before.total, decimal(body.quantity ?? 1), kind === "part" ? 1 : -1) });
  }
  return [...totals.values()]
    .filter(({ total }) => total.digits !== 0n)
    .map(({ total, ...part }) => ({ ...part, quantity: shown(total) }));
}

function spansOf(lines, begin, end, until) {
  // By the time of the deed: a phone's entries may come in another order.
  const ordered = lines.filter((line) => line.kind === begin || line.kind === end).sort((one, other) => one.at - other.at);
  const running = new Map();
  const done = [];
  for (const line of ordered) {
    const timer = String(line.body.timer ?? "");
    const which = `${line.person_id} ${timer}`;
    if (line.kind === begin) {
      if (!running.has(which)) running.set(which, { person_id: line.person_id, timer, since: line.at });
    } else if (running.has(which)) {
      done.push([running.get(which).since, line.at]);
      running.delete(which);
    }
  }
  const still = [...running.values()];
  return { done: [...done, ...still.filter(({ since }) => since < until).map(({ since }) => [since, until])], running: still };
}

/** Time that is covered, counted once where two spans lie over each other. */
function covered(spans) {
  let total = 0;
  let reached = -Infinity;
  for (const [start, end] of [...spans].sort((one, other) => one[0] - other[0] || one[1] - other[1])) {
    const begin = Math.max(start, reached);
    if (end > begin) {
      total += end - begin;
      reached = end;
    }
  }
  return total;
}
