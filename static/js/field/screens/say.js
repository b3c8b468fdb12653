// What the screens say. English stands in the code; the other languages come in one file, so that
// the language changes without a network.
let spoken = {};
let texts = {};
let tag = "zh-CN";

/** `all` is what /field/texts.json holds: by language, the texts that read otherwise there. */
export function learn(all) {
  spoken = all;
  texts = spoken[tag] ?? {};
}

export function speak(language) {
  tag = language === "en" ? "en" : "zh-CN";
  texts = spoken[tag] ?? {};
  document.documentElement.lang = tag;
}

export const language = () => tag;

/** `text` in the language spoken; `%(name)s` stands for a value. */
export function t(text, values = {}) {
  return (texts[text] ?? text).replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

/** Of a text that came in both languages, as procedures write them: {zh, en}. */
export const either = (both) => both?.[tag === "en" ? "en" : "zh"] ?? both?.zh ?? both?.en ?? "";
