// The core on a real phone: its database, its key, its clock. For the app and for its worker.
import { openField } from "./core/field.js";
import { openSeal } from "./seal.js";
import { openStore } from "./store.js";
import { transport } from "./transport.js";

const clock = {
  wall: () => Date.now(),
  mono: () => performance.now(),
  zone: () => Intl.DateTimeFormat().resolvedOptions().timeZone,
};

/** What this phone holds, and the key under which it does. @param {string} build */
export async function openPhone(build) {
  const store = await openStore();
  const seal = await openSeal(store.db);
  const random = (count) => crypto.getRandomValues(new Uint8Array(count));
  const lock = (name, work) => navigator.locks.request(name, work);
  const field = await openField({ store, seal, transport, clock, random, lock, build });
  return { field, seal, close: () => store.db.close() };
}
