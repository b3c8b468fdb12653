// The worker keeps the app on the phone. A newer one waits until the app is closed (rule 26).
const WORKER = "/field/sw.js";

/** Register the worker; `changed` is called when a newer app is ready. */
export async function watchWorker(ctx, changed) {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  workers.addEventListener("message", ({ data }) => {
    if (data?.wake) ctx.sync("background");
  });
  const ready = () => {
    // Where none was in charge before, the first one is no update.
    if (!workers.controller) return;
    ctx.updateReady = true;
    changed();
  };
  try {
    const registration = await workers.register(WORKER, { scope: "/field/", updateViaCache: "none" });
    if (registration.waiting) ready();
    registration.addEventListener("updatefound", () => {
      const coming = registration.installing;
      coming.addEventListener("statechange", () => coming.state === "installed" && ready());
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") registration.update().catch(() => null);
    });
  } catch (error) {
    console.info("no worker", error.name);
  }
}
