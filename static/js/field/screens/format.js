// Dates, times and amounts as the portal writes them (portal/kernel/web/formats.py), in the company's zone.
import { minutesOf } from "../core/minutes.js";
import { language, t } from "./say.js";

const zone = document.documentElement.dataset.zone || "Asia/Shanghai";
const PATTERNS = {
  "zh-CN": { moment: "y年M月d日 HH:mm", short: "M月d日 HH:mm", day: "y年M月d日 EEE", near: "M月d日 EEE" },
  en: { moment: "d MMM y, HH:mm", short: "d MMM, HH:mm", day: "EEE, d MMM y", near: "EEE, d MMM" },
};
// By the token of a pattern: the part of a date that it stands for, and how it is written.
const TOKENS = {
  y: ["year", "numeric"], MMM: ["month", "short"], M: ["month", "numeric"], d: ["day", "numeric"], EEE: ["weekday", "short"],
  HH: ["hour", "2-digit"], mm: ["minute", "2-digit"],
};
const made = new Map();

function part(at, token) {
  const key = language() + token;
  if (!made.has(key)) {
    const [name, style] = TOKENS[token];
    // A minute alone is not padded; with the hour it is.
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const options = name in clock ? clock : { [name]: style };
    made.set(key, new Intl.DateTimeFormat(token === "EEE" ? language() : "en", { timeZone: zone, ...options }));
  }
  return made.get(key).formatToParts(at).find(({ type }) => type === TOKENS[token][0]).value;
}

const written = (at, pattern) => pattern.replace(/y|MMM|M|d|EEE|HH|mm/g, (token) => part(ms(at), token));
const as = (name) => (at) => written(at, PATTERNS[language()][name]);

// As numbers that can be compared: the day that a moment belongs to.
function dayNumber(at) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
  return Date.parse(`${parts}T00:00:00Z`) / 86400000;
}

const ms = (value) => (typeof value === "string" ? Date.parse(value) : value);

/** How many days lie between now and `at`: 0 is today, -1 yesterday. */
export const daysAway = (at, now = Date.now()) => dayNumber(ms(at)) - dayNumber(now);

/** For what is kept: it says the same whenever it is read. */
export const moment = as("moment");
export const short = as("short");
export const date = as("day");
export const clock = (at) => written(at, "HH:mm");

export function day(at, now = Date.now()) {
  const away = daysAway(at, now);
  if (away === 0) return t("Today");
  if (away === 1) return t("Tomorrow");
  if (away === -1) return t("Yesterday");
  return part(ms(at), "y") === part(now, "y") ? as("near")(at) : date(at);
}

/** When something was, as short as it can be told. */
export function when(at, now = Date.now()) {
  const away = daysAway(at, now);
  if (away === 0) return clock(at);
  if (away === -1) return `${t("Yesterday")} ${clock(at)}`;
  return part(ms(at), "y") === part(now, "y") ? short(at) : moment(at);
}

/** From when to when, within a day. */
export const span = (window) => `${clock(window.from)}–${clock(window.until)}`;

export function duration(seconds) {
  const minutes = minutesOf(seconds);
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
