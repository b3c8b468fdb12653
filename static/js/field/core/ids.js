// Ids are minted on the phone (rule 1): UUIDv7, so that they sort by when they were made.
import { hex } from "./bytes.js";

const dashed = (digits) =>
  [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join("-");

/** @param {number} now ms since epoch @param {(n: number) => Uint8Array} random */
export function uuid7(now, random) {
  const bytes = Uint8Array.from(random(16));
  let left = Math.max(0, Math.floor(now));
  for (let at = 5; at >= 0; at--) {
    bytes[at] = left % 256;
    left = Math.floor(left / 256);
  }
  return marked(bytes, 0x70);
}

/** A device's id: random through and through. @param {(n: number) => Uint8Array} random */
export const uuid4 = (random) => marked(Uint8Array.from(random(16)), 0x40);

function marked(bytes, version) {
  bytes[6] = (bytes[6] & 0x0f) | version;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return dashed(hex(bytes));
}
