// Writes times as the app's screens do, a line of JSON each way. Run by tests/field/test_formats.py.
import { createInterface } from "node:readline";

globalThis.document = { documentElement: { dataset: { zone: "Asia/Shanghai" } } };
const { clock, date, day, duration, moment, short, when } = await import("../../../static/js/field/screens/format.js");
const { minutesOf } = await import("../../../static/js/field/core/minutes.js");
const { speak } = await import("../../../static/js/field/screens/say.js");

for await (const line of createInterface({ input: process.stdin })) {
  const { language, at, now, seconds } = JSON.parse(line);
  speak(language);
  const said = { moment: moment(at), short: short(at), date: date(at), clock: clock(at), day: day(at, now), when: when(at, now) };
  console.log(JSON.stringify({ ...said, duration: duration(seconds), minutes: minutesOf(seconds) }));
}
