// Where the phone is, only if its engineer agrees; it never keeps anybody waiting for long.
import { confirm } from "./dom.js";
import { t } from "./say.js";

const PATIENCE = 4000;

/** {position, consent}: asks once, and remembers the answer until it is changed under "My phone". */
export async function here(ctx) {
  let consent = ctx.prefs.position;
  if (consent === undefined) {
    consent = Boolean(
      await confirm({
        title: t("Save where you arrive?"),
        lead: t("The place is noted only when you arrive and leave, and helps to find the site next time. Your work is recorded either way."),
        yes: t("Agree"),
        no: t("Without it"),
        kind: "main",
      }),
    );
    await ctx.prefer({ position: consent });
  }
  return consent && navigator.geolocation ? { consent, position: await locate() } : { consent };
}

function locate() {
  return new Promise((resolve) => {
    // Some phones never answer, not even with the timeout that they were given.
    const given = setTimeout(() => resolve(null), PATIENCE);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        clearTimeout(given);
        resolve({ latitude: coords.latitude, longitude: coords.longitude, accuracy: Math.round(coords.accuracy) });
      },
      () => {
        clearTimeout(given);
        resolve(null);
      },
      { enableHighAccuracy: true, timeout: PATIENCE - 500, maximumAge: 60_000 },
    );
  });
}
