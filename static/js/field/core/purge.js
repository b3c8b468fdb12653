// Purging: what may leave the phone (rule 13). Never because it was acknowledged alone.
import { isApplied, isFinal, wantsFile } from "./outcomes.js";

const WEEK = 7 * 24 * 3_600_000;
const MONTH = 30 * 24 * 3_600_000;

/** Whether an operation may go: its outcome is final, its file is verified, the feed shows it, it is a week old. No feed
 * shows those of a user who is not here: they go after a month. What somebody has to look at stays until they did. */
export function isSpent(op, file, { user, now }) {
  if (!isFinal(op) || now - op.at < WEEK) return false;
  if (file && wantsFile(op) && !file.verified) return false;
  if (!isApplied(op) && op.code !== "discarded" && !op.dismissed) return false;
  return Boolean(op.shown) || (op.user_id !== user && now - op.at >= MONTH);
}

export async function purge(phone) {
  const here = { user: phone.device?.user_id, now: phone.now() };
  const { files } = phone.rows;
  if (!phone.rows.ops.some((op) => isSpent(op, files.get(op.op_id), here))) return;
  await phone.store.write(async (tx) => {
    const rows = new Map((await tx.all("files")).map((file) => [file.op_id, file]));
    for (const op of await tx.all("ops")) {
      const file = rows.get(op.op_id);
      if (!isSpent(op, file, here)) continue;
      await tx.remove("ops", op.op_id);
      await tx.remove("bodies", op.op_id);
      if (file) {
        await tx.remove("files", file.att_id);
        await tx.remove("blobs", file.att_id);
      }
    }
  });
}
