/* All words that the page says, in the language chosen; `words.json` is the only place where they stand. */

const WORDS = JSON.parse(document.getElementById("words").textContent);
let language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/**
 * Return the words for a key, with what stands in braces filled in.
 * @param {string} key
 * @param {Object<string, string | number>} [values]
 */
function say(key, values = {}) {
  const text = WORDS[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Return the word for a code of the tables (a state, a kind of stop), or the code itself. */
function sayCode(group, code) {
  return WORDS[language][`${group}.${code}`] ?? code;
}

/** Say everything that stands in the page itself anew. */
function sayPage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-hint]")) {
    node.title = say(node.dataset.hint);
    node.setAttribute("aria-label", say(node.dataset.hint));
  }
}

/** Return a time of day [s after midnight] as 07:55 or 07:55:00. */
function clockTime(s, seconds = true) {
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  return `${two(s / 3600)}:${two((s % 3600) / 60)}${seconds ? `:${two(s % 60)}` : ""}`;
}

/** Return a duration [s] as 5:07 (minutes and seconds), or a dash where there is none. */
function minutes(s) {
  if (!Number.isFinite(s)) return "–";
  const whole = Math.round(Math.abs(s));
  return `${s < -0.5 ? "−" : ""}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Return an element with a class and a text; text is never read as HTML. */
function element(tag, text = "", className = "") {
  const node = document.createElement(tag);
  if (text !== "") node.textContent = text;
  if (className) node.className = className;
  return node;
}
