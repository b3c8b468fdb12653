// Sealing what the phone holds (rule 7): AES-GCM under a key that leaves neither the browser nor its database.
// It guards what lies on the disk; whoever holds an unlocked phone is inside.
const NAME = "seal";
const IV = 12;

/** @param {import("idb").IDBPDatabase} db @returns {Promise<{seal: (bytes: Uint8Array) => Promise<Uint8Array>, open: (bytes: Uint8Array) => Promise<Uint8Array>}>} */
export async function openSeal(db) {
  const key = (await db.get("keys", NAME)) ?? (await mint(db));
  return {
    async seal(bytes) {
      const iv = crypto.getRandomValues(new Uint8Array(IV));
      const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
      const whole = new Uint8Array(IV + sealed.length);
      whole.set(iv);
      whole.set(sealed, IV);
      return whole;
    },
    async open(whole) {
      const iv = whole.subarray(0, IV);
      return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, whole.subarray(IV)));
    },
  };
}

/** Two tabs may mint at the same moment: the first to be stored is the key of both. */
async function mint(db) {
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const transaction = db.transaction("keys", "readwrite", { durability: "strict" });
  const there = await transaction.store.get(NAME);
  if (!there) await transaction.store.put(made, NAME);
  await transaction.done;
  return there ?? made;
}
