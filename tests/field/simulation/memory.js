// A store without a disk, with the semantics of the real one: all or nothing, and a crash at any await.
import { TABLES } from "../../../static/js/field/core/phone.js";

export class Disk {
  tables = Object.fromEntries(Object.keys(TABLES).map((table) => [table, new Map()]));
  listeners = new Set();
  queue = Promise.resolve();

  wipe() {
    for (const table of Object.values(this.tables)) table.clear();
  }
}

/** A tab's view of `disk`. `step(where)` is awaited wherever the tab could die; `written` is told of every transaction
 * that completed, before the tab knows.
 * @param {Disk} disk @param {(where: string) => Promise<void> | void} step @param {(puts: [string, any, boolean][], removed: [string, any][]) => void} written */
export function memoryStore(disk, step = () => {}, written = () => {}) {
  const inTurn = (work) => {
    const turn = disk.queue.then(work);
    disk.queue = turn.catch(() => {});
    return turn;
  };
  const clone = (row) => (row === undefined ? undefined : structuredClone(row));
  const transaction = (writes) => ({
    get: async (table, key) => {
      const own = writes?.get(table)?.get(key);
      return own !== undefined ? (own === null ? undefined : clone(own)) : clone(disk.tables[table].get(key));
    },
    all: async (table) => {
      const rows = new Map(disk.tables[table]);
      for (const [key, row] of writes?.get(table) ?? []) row === null ? rows.delete(key) : rows.set(key, row);
      return [...rows.values()].map(clone);
    },
    put: async (table, row) => {
      if (!writes) throw new Error("read only");
      change(writes, table, row[TABLES[table]], clone(row));
    },
    remove: async (table, key) => change(writes, table, key, null),
  });
  return {
    async read(work) {
      await step("read");
      const result = await work(transaction(null));
      await step("read.done");
      return result;
    },
    async write(work) {
      await step("write");
      const result = await inTurn(async () => {
        const writes = new Map();
        const value = await work(transaction(writes));
        const puts = [];
        const removed = [];
        for (const [table, rows] of writes)
          for (const [key, row] of rows) {
            if (row === null) {
              removed.push([table, disk.tables[table].get(key)]);
              disk.tables[table].delete(key);
            } else {
              puts.push([table, row, !disk.tables[table].has(key)]);
              disk.tables[table].set(key, row);
            }
          }
        written(puts, removed);
        return value;
      });
      await step("write.done");
      for (const listener of disk.listeners) listener.fn();
      return result;
    },
    watch(fn) {
      const listener = { fn };
      disk.listeners.add(listener);
      return () => disk.listeners.delete(listener);
    },
    room: async () => ({ persisted: true, quota: 1e9, used: 1e6 }),
  };
}

function change(writes, table, key, row) {
  if (!writes.has(table)) writes.set(table, new Map());
  writes.get(table).set(key, row);
}
