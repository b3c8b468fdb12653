// Dates, times and amounts as people here write them, in the company's zone.
import { language, t } from "./say.js";

const zone = document.documentElement.dataset.zone || "Asia/Shanghai";
const made = new Map();

function formatter(options) {
  const key = language() + JSON.stringify(options);
  if (!made.has(key)) {
    made.set(key, new Intl.DateTimeFormat(language(), { timeZone: zone, ...options }));
  }
  return made.get(key);
}

// As numbers that can be compared: the day that a moment belongs to.
function dayNumber(at) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
  return Date.parse(`${parts}T00:00:00Z`) / 86400000;
}

export const moment = (value) => (typeof value === "string" ? Date.parse(value) : value);

/** How many days lie between now and `at`: 0 is today, -1 yesterday. */
export const daysAway = (at, now = Date.now()) => dayNumber(moment(at)) - dayNumber(now);

export const clock = (at) =>
  formatter({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(moment(at));

export function day(at) {
  const away = daysAway(at);
  if (away === 0) return t("Today");
  if (away === 1) return t("Tomorrow");
  if (away === -1) return t("Yesterday");
  return formatter({ month: "short", day: "numeric", weekday: "short" }).format(moment(at));
}

export const date = (text) => formatter({ dateStyle: "medium" }).format(moment(text));

/** When something was, as short as it can be told. */
export const when = (at) => (daysAway(at) === 0 ? clock(at) : `${day(at)} ${clock(at)}`);

/** From when to when, within a day. */
export const span = (window) => `${clock(window.from)}–${clock(window.until)}`;

export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("%(minutes)s min", { minutes });
  return t("%(hours)s h %(minutes)s min", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** A running clock: 1:02:03. */
export function running(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}

export function money(amount) {
  const figure = new Intl.NumberFormat(language(), { minimumFractionDigits: 2 }).format(amount);
  return `¥${figure}`;
}

export function size(bytes) {
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

/** 138 0000 1234: easier to read out. */
export const phone = (number) =>
  number.replace(/^(?:\+86)?(1\d{2})(\d{4})(\d{4})$/, "$1 $2 $3");
