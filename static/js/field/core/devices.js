// Devices: this install under one user, in one storage epoch, with a key of its own (rules 1, 8, 27, 28).
import { text, utf8 } from "./bytes.js";
import { uuid4 } from "./ids.js";
import { ask } from "./replies.js";
import { Trouble } from "./trouble.js";

/** A device that the server does not know yet; what is recorded on it is sent once it does. */
export const minted = (phone, { user_id, name }) => ({
  device_id: uuid4(phone.random), user_id, name, key: null, next_seq: 1, lost: false,
});

/** Who is signed in, as the server says: `{user, csrf}`; throws `Offline`. */
async function me(phone) {
  const reply = await ask(phone, { method: "GET", path: "/field/v1/me" });
  if (reply.kind !== "ours" || reply.status !== 200) throw new Trouble("Offline");
  return reply.json;
}

/** Take up the device of whoever is signed in: their own on this phone, else a new one. It is the current one then. One
 * whose number is taken, and whose key nobody has, is given up for a new one, once.
 * Throws `Offline`, `SignedOut`, `NotAllowed`, `DeviceTaken`. */
export async function register(phone, again = false) {
  const { user, csrf } = await me(phone);
  if (!user) {
    await phone.store.write((tx) => tx.put("meta", { name: "session", user_id: null }));
    throw new Trouble("SignedOut");
  }
  const device = await phone.store.write(async (tx) => {
    const mine = (await tx.all("devices")).filter((one) => one.user_id === user.id && !one.lost);
    const current = (await tx.get("meta", "current"))?.device_id;
    const found = mine.find((one) => one.device_id === current) ?? mine.at(-1) ?? minted(phone, { user_id: user.id, name: user.name });
    await tx.put("devices", { ...found, name: user.name });
    return found;
  });
  try {
    if (!device.key || device.refused) await enrol(phone, device.device_id, csrf);
  } catch (error) {
    if (again || error.name !== "DeviceTaken") throw error;
    await phone.store.write(async (tx) => tx.put("devices", { ...(await tx.get("devices", device.device_id)), lost: true }));
    return register(phone, true);
  }
  await phone.store.write(async (tx) => {
    await tx.put("meta", { name: "current", device_id: device.device_id });
    await tx.put("meta", { name: "session", user_id: user.id });
  });
}

/** Get the key of the current user's device where it has none; quietly, while sending. */
export async function enrolCurrent(phone) {
  const { device } = phone;
  if (!device || (device.key && !device.refused)) return;
  try {
    const { user, csrf } = await me(phone);
    if (user?.id === device.user_id) await enrol(phone, device.device_id, csrf);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
  }
}

async function enrol(phone, device_id, csrf) {
  const reply = await ask(phone, {
    method: "POST",
    path: "/field/v1/devices",
    headers: { "content-type": "application/x-www-form-urlencoded", "x-csrftoken": csrf },
    body: `device_id=${device_id}`,
  });
  if (reply.kind !== "ours") throw new Trouble("Offline");
  if (reply.status === 409) throw new Trouble("DeviceTaken");
  if (reply.status === 401) throw new Trouble("SignedOut");
  if (reply.status === 403) throw new Trouble("NotAllowed");
  const key = reply.status < 300 ? reply.json?.key : null;
  if (typeof key !== "string") throw new Trouble("Offline");
  const sealed = await phone.seal.seal(utf8(key));
  await phone.store.write(async (tx) => {
    const device = await tx.get("devices", device_id);
    await tx.put("devices", { ...device, key: sealed, refused: false });
  });
}

/** @returns {Promise<string>} */
export const keyOf = async (phone, device) => text(await phone.seal.open(device.key));

/** The server knows a higher number than this phone does: what was kept here is gone, at least in part. A new epoch
 * begins, and says so (rule 28). Within a transaction. */
export async function openEpoch(phone, tx, device) {
  const heir = minted(phone, device);
  await tx.put("devices", { ...device, lost: true });
  await tx.put("devices", heir);
  const current = await tx.get("meta", "current");
  if (current?.device_id === device.device_id) await tx.put("meta", { name: "current", device_id: heir.device_id });
  await tx.put("meta", { name: "epoch", lost: true });
}
