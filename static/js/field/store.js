// What the phone holds, in IndexedDB: one transaction for all that belongs together, on the disk when it resolves.
import { openDB } from "idb";
import { TABLES } from "./core/phone.js";

const NAME = "bihuan-field";
const VERSION = 1;
const NAMES = Object.keys(TABLES);

/** @returns {Promise<import("./core/phone.js").Store & {db: import("idb").IDBPDatabase}>} */
export async function openStore() {
  const db = await openDB(NAME, VERSION, {
    upgrade(opened, before) {
      if (before < 1) {
        for (const [table, keyPath] of Object.entries(TABLES)) opened.createObjectStore(table, { keyPath });
        opened.createObjectStore("keys");
      }
    },
    // A newer app in another tab may change the tables; this one is read again from the disk then.
    blocking: () => db.close(),
  });
  const channel = new BroadcastChannel(NAME);
  const run = async (mode, work) => {
    const transaction = db.transaction(NAMES, mode, { durability: "strict" });
    const tx = {
      get: (table, key) => transaction.objectStore(table).get(key),
      all: (table) => transaction.objectStore(table).getAll(),
      put: (table, row) => transaction.objectStore(table).put(row),
      remove: (table, key) => transaction.objectStore(table).delete(key),
    };
    try {
      const result = await work(tx);
      await transaction.done;
      return result;
    } catch (error) {
      transaction.done.catch(() => {});
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw error;
    }
  };
  return {
    db,
    read: (work) => run("readonly", work),
    write: async (work) => {
      const result = await run("readwrite", work);
      channel.postMessage("wrote");
      return result;
    },
    watch: (listener) => {
      channel.addEventListener("message", listener);
      return () => channel.removeEventListener("message", listener);
    },
    room,
  };
}

/** Whether the browser keeps this, and how much room there is. Some browsers do not say. */
async function room() {
  const { storage } = navigator;
  const persisted = (await storage?.persisted?.().catch(() => null)) ?? null;
  const { quota = null, usage = null } = (await storage?.estimate?.().catch(() => null)) ?? {};
  return { persisted, quota, used: usage };
}
