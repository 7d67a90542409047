// Small things that every part of the page needs: elements, numbers, times.
import { locale, t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

// An element with attributes and children; what is null is left out.
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Changes a text only when it is another one, so that nothing is announced or laid out twice.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A text of a drawing, cut where it would be wider than there is room; the whole is its title.
export function fit(element, text, width) {
  // Bold letters are wider: what has another class is measured anew.
  const whole = `${text} ${width} ${element.getAttribute("class")}`;
  if (element.dataset.whole === whole) return;
  element.dataset.whole = whole;
  element.textContent = text;
  if (element.getComputedTextLength() <= width) return;
  let end = text.length;
  while (end > 1 && element.getComputedTextLength() > width) {
    end -= 1;
    element.textContent = `${text.slice(0, end)}…`;
  }
  element.append(s("title", {}, text));
}

// What came of a change; `details` is what Sluice itself said, where the page says it otherwise.
export function tell(element, text, kind = "", details = "") {
  set(element, "class", `result ${kind}`.trim());
  if (!details) return say(element, text);
  return element.replaceChildren(text, h("details", {}, h("summary", {}, t("inItsWords")),
    h("code", {}, details)));
}

export function set(element, name, value) {
  if (value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

const formats = new Map();
function format(digits) {
  const key = `${locale()} ${digits}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(locale(), {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    }));
  }
  return formats.get(key);
}

export const NOTHING = "–";

export function number(value, digits = 0) {
  return Number.isFinite(value) ? format(digits).format(value) : NOTHING;
}

// As many digits as a share has at a glance: 10 %, 37.3 %, 0.25 %. What is little more than nothing
// or little less than all gets so many that it is not shown as that.
const MOST_PLACES = 6;
export function percent(ratio, digits = null) {
  if (!Number.isFinite(ratio)) return NOTHING;
  const value = ratio * 100;
  let places = digits;
  if (places === null) {
    const rest = Math.abs(value - Math.round(value));
    places = rest < 0.005 ? 0 : value < 1 || Math.abs(value * 10 - Math.round(value * 10)) > 0.05
      ? 2 : 1;
  }
  const rest = Math.min(Math.abs(value), Math.abs(100 - value));
  while (rest > 1e-9 && rest <= 0.5 * 10 ** -places && places < MOST_PLACES) places += 1;
  return `${format(places).format(value)} %`;
}

export function rate(value) {
  if (!Number.isFinite(value)) return NOTHING;
  return number(value, value < 100 ? 1 : 0);
}

// Milliseconds without their unit, from seconds.
export function milliseconds(seconds) {
  if (!Number.isFinite(seconds) || seconds === null) return NOTHING;
  const value = seconds * 1000;
  return number(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const found = parts.findIndex(([size]) => whole >= size);
  if (found < 0) return `0 ${t("s")}`;
  const [size, unit] = parts[found];
  const first = `${Math.floor(whole / size)} ${t(unit)}`;
  const next = parts[found + 1];
  const rest = next ? Math.floor((whole % size) / next[0]) : 0;
  return rest > 0 ? `${first} ${rest} ${t(next[1])}` : first;
}

export function clock(milliseconds, hasSeconds = true) {
  return new Intl.DateTimeFormat(locale(), {
    hour: "2-digit", minute: "2-digit", second: hasSeconds ? "2-digit" : undefined, hour12: false,
  }).format(milliseconds);
}

export function sum(list) {
  return list.reduce((total, value) => total + value, 0);
}

// Each upstream of a split has a colour and a dash, so that neither is needed to tell them apart.
// Every six the dashes move on by one against the colours: 36 pairs before one comes again, and
// two of one colour never have dashes that look alike.
const DASHES = ["", "9 5", "2 4", "12 4 2 4", "5 3", "8 3 2 3 2 3"];
const TONES = 6;
export function look(index) {
  const turn = Math.floor(index / TONES);
  return { tone: `tone-${index % TONES}`, dash: DASHES[(index + turn) % DASHES.length] };
}

// Drawings grow with the text around them: how much larger it is than they were made for.
export function zoom() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 15 || 1;
}

export function plain(text) {
  return String(text ?? "").replaceAll("_", " ");
}
