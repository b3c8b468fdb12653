// How far the phone's clock is off (rules 2, 21): seconds to add to it, learnt from the server's.

const SLACK = 2; // what the way takes is no offset
const SLOWEST = 20_000;

/** The offset after a call that began and ended then (ms), in which the server said `now`.
 * @param {number} before @param {string | undefined} now @param {{wall: number, mono: number}} begun
 * @param {{wall: number, mono: number}} ended */
export function learnt(before, now, begun, ended) {
  const said = Date.parse(now ?? "");
  const way = ended.mono - begun.mono;
  const steady = Math.abs(ended.wall - begun.wall - way) < 1000;
  if (Number.isNaN(said) || way > SLOWEST || !steady) return before;
  const found = (said - (begun.wall + ended.wall) / 2) / 1000;
  const near = Math.abs(found) < SLACK ? 0 : Math.round(found * 10) / 10;
  return Math.abs(near - before) < SLACK && near !== 0 ? before : near;
}
