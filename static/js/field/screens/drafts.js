// What is half typed, and how the phone's owner likes things: kept at every change, sealed, so that
// it outlives the app. Neither is work yet: that is the core's.
import { openDB } from "idb";

const LONGEST = 30 * 24 * 3600 * 1000;
const coder = new TextEncoder();
const reader = new TextDecoder();
let database;
let seal;
const writing = new Map();

/** `given` seals and opens bytes. Drafts that nobody came back to for a month are dropped. */
export async function openDrafts(given) {
  seal = given;
  database = await openDB("bihuan-field-drafts", 1, {
    upgrade: (db) => db.createObjectStore("drafts", { keyPath: "key" }),
  });
  const old = (await database.getAll("drafts")).filter(({ at }) => at < Date.now() - LONGEST);
  await Promise.all(old.map(({ key }) => database.delete("drafts", key)));
}

let owner = () => "";

/** `whose` says whose drafts they are now: several use a phone, one after the other. */
export function keepFor(whose) {
  owner = whose;
}

const own = (name) => `${owner()}:${name}`;

/** What its user kept under `name`; undefined where nothing was. */
export const recall = (name) => read(own(name));

/** Keep `values` for the user of now: at once, and the latest of what comes while that is written. */
export const hold = (name, values) => keep(own(name), values);

export const forget = (name) => drop(own(name));

/** How the phone itself is liked, whoever uses it. */
export const recallForAll = (name) => read(name);
export const holdForAll = (name, values) => keep(name, values);

async function read(key) {
  await writing.get(key)?.done;
  const row = await database.get("drafts", key);
  if (!row) return undefined;
  try {
    return JSON.parse(reader.decode(await seal.open(row.sealed)));
  } catch {
    return undefined; // sealed for somebody else
  }
}

function keep(key, values) {
  const text = JSON.stringify(values);
  const now = writing.get(key);
  if (now) now.next = text;
  else writing.set(key, { next: text, done: write(key) });
}

async function write(key) {
  await null; // so that the entry stands in the table first
  const mine = writing.get(key);
  while (mine.next !== undefined) {
    const text = mine.next;
    mine.next = undefined;
    try {
      await database.put("drafts", { key, at: Date.now(), sealed: await seal.seal(coder.encode(text)) });
    } catch (error) {
      console.info("draft not kept", error.name);
    }
  }
  writing.delete(key);
}

async function drop(key) {
  const now = writing.get(key);
  if (now) now.next = undefined;
  await now?.done;
  await database.delete("drafts", key);
}
