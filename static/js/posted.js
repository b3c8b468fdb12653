// data-came-from: the page is the answer to a form. It is never stored, so there would be nothing to
// show to whoever comes back to it: in the history it takes the place of the form's own page, which
// Back and Reload then ask for anew. Empty: the page that sent the form.
const root = document.documentElement;
const sent = root.dataset.cameFrom;
const from = sent || document.referrer;

if (sent !== undefined && from && new URL(from, location.href).origin === location.origin) {
  history.replaceState(history.state, "", from);
}
