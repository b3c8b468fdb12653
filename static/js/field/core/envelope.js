// An operation as it travels (rule 2): its body as text, and the hash over that text's UTF-8.
import { utf8 } from "./bytes.js";
import { SCHEMA } from "./kinds.js";
import { Trouble } from "./trouble.js";

export const LARGEST = 32 * 1024;
const HIGHEST_SEQ = 2 ** 53;

/**
 * All of an operation but its device and number, which are given in the transaction that keeps it.
 * @param {{op_id: string, user_id: number, job_id: number | string, kind: string, build: string, base_rev: number | null,
 *   at: number, mono: number, zone: string, offset: number, deps: string[], hash: string}} made
 */
export const envelope = (made) => ({
  op_id: made.op_id,
  user_id: made.user_id,
  job_id: made.job_id,
  kind: made.kind,
  schema: SCHEMA,
  build: made.build,
  base_rev: made.base_rev,
  at_wall: new Date(made.at).toISOString(),
  at_mono: made.mono,
  tz: made.zone,
  offset: made.offset,
  deps: made.deps,
  sha256: made.hash,
});

/** The operation as it is sent; always the same for the same operation. */
export const written = (sealed, body) => JSON.stringify({ ...sealed, body });

/** Bytes that an operation takes at most; throws `TooLarge` over 32 KB. */
export function measured(made, body) {
  const widest = { ...made, device_id: "0".repeat(36), seq: HIGHEST_SEQ };
  const size = utf8(written(widest, body)).length;
  if (size > LARGEST) throw new Trouble("TooLarge", `an operation holds ${LARGEST} bytes at most`, { size, most: LARGEST });
  return size;
}
