// Keeps the app on the phone, whole or not at all, and opens it without a network (rule 26).
// The server writes KEPT = {build, addresses} above. Nothing personal is ever kept in its cache.
import { openPhone } from "./opening.js";

const NAME = `field-${KEPT.build}`;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(drop()));
addEventListener("fetch", (event) => {
  const address = kept(event.request);
  if (address) event.respondWith(answer(address, event.request));
});
addEventListener("sync", (event) => event.waitUntil(wake()));

async function keep() {
  try {
    const cache = await caches.open(NAME);
    await Promise.all(KEPT.addresses.map((address) => fetched(cache, address)));
  } catch (error) {
    await caches.delete(NAME);
    throw error;
  }
}

async function fetched(cache, address) {
  const isHashed = address.startsWith("/static/");
  const answer = await fetch(address, { cache: isHashed ? "default" : "reload", credentials: "same-origin" });
  // A hotel's sign-in page is no part of the app.
  if (!answer.ok || answer.redirected) throw new Error(`not kept: ${address}`);
  await cache.put(address, answer);
}

async function drop() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("field-") && name !== NAME).map((name) => caches.delete(name)));
  await clients.claim();
}

/** The address under which an answer to `request` is kept; "" for whatever is none of ours. */
function kept({ method, mode, url }) {
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return "";
  if (mode === "navigate") return pathname === "/field/" ? pathname : "";
  return KEPT.addresses.includes(pathname) ? pathname : "";
}

async function answer(address, request) {
  const cache = await caches.open(NAME);
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
}

/** The network is back: an open page sends, and shows it; without one the worker does. */
async function wake() {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname === "/field/");
  if (page) return page.postMessage({ wake: true });
  const { field, close } = await openPhone(KEPT.build);
  const { ok } = await field.sync("online");
  close();
  // The browser then tries again by itself.
  if (!ok) throw new Error("not sent");
}
