// The charts of one split over the last minutes: share, rate, latency and errors, on one time axis
// with what happened on it. A line over all of them follows the pointer or the arrow keys.
import { clock, h, look, milliseconds, NOTHING, number, percent, rate, s, say, set, sum, zoom }
  from "./tools.js";
import { splitMode } from "./diagram.js";
import { t } from "./words.js";

const HEIGHT = 132;
const PAD = { left: 44, right: 10, top: 18, bottom: 20 };
// How wide 20:53 and 20:53:30 are at most.
const LABEL = [40, 60];
const ERRORS = ["service", "serviceFailed", "kong", "sluice", "unknown", "attempts"];
// What happened, each kind with a shape of its own.
const GLYPHS = { start: "▸", weights: "◆", target: "▲", freeze: "✱", rollout: "●" };

// A target that is well again is no alarm.
function isWell(event) { return event.kind === "target" && event.to === "sound"; }

export function glyph(event) { return isWell(event) ? "△" : GLYPHS[event.kind] ?? "·"; }

export function kindOf(event) { return isWell(event) ? "target well" : event.kind; }

const KINDS = {
  share: { title: "share", note: "shareNote", text: (value) => percent(value, 1), top: () => 1,
    ticks: [0, 0.5, 1] },
  rate: { title: "rate", note: "rateNote", text: rate },
  latency: { title: "latency", note: "latencyNote", text: milliseconds },
  errors: { title: "errors", note: "errorsNote", text: (value) => number(value, value < 10 ? 1 : 0) },
};
const OF_TCP = { rate: { title: "connectionsRate" },
  errors: { note: "connectionErrors" } };

export class Charts {
  constructor(split, view) {
    this.name = split.name;
    this.view = view;
    this.kinds = splitMode(split) === "tcp" ? ["share", "rate", "errors"] : Object.keys(KINDS);
    this.members = Object.keys(split.weights);
    this.charts = this.kinds.map((kind) => new Chart(this, kind, splitMode(split) === "tcp"));
    this.root = h("div", { class: `charts of-${this.kinds.length}` },
      this.charts.map((chart) => chart.root));
  }

  update(feed) {
    this.feed = feed;
    const end = feed.times.at(-1) ?? Date.now();
    // As long as there is less than that, the axis is shorter.
    const oldest = Math.min(feed.times[0] ?? end, end - 120000);
    const begin = Math.max(end - this.view.seconds * 1000, oldest);
    const pieces = cut(feed, this.name, this.members, begin, end);
    const events = feed.events.filter((event) => event.at >= begin && event.at <= end
      && concerns(event, this.name, this.members, feed.now));
    for (const chart of this.charts) chart.update(pieces, events, begin, end);
  }
}

// Whether an event belongs to a split.
export function concerns(event, split, members, now) {
  if (event.kind === "start") return true;
  if (event.kind === "target") return members.includes(event.upstream);
  if (event.kind === "rollout") return now?.rollout?.splits?.includes(split) ?? false;
  return event.split === split;
}

// The rows of a time, put together so that a piece is wide enough to be seen and to mean something.
function cut(feed, split, members, begin, end) {
  const size = Math.max(3, Math.round((end - begin) / 1000 / 180)) * 1000;
  const first = feed.times.findIndex((time) => time >= begin);
  const pieces = [];
  if (first < 0) return pieces;
  const lanes = members.map((member) => feed.lane(split, member));
  let from = first;
  // Pieces begin at whole multiples, so that a curve does not change while it moves.
  while (from < feed.times.length) {
    const slot = Math.floor(feed.times[from] / size);
    let to = from;
    while (to < feed.times.length && Math.floor(feed.times[to] / size) === slot) to += 1;
    const isWhole = to < feed.times.length || (feed.times[to - 1] + 1000) >= (slot + 1) * size;
    if (isWhole) pieces.push(piece(feed, lanes, from, to));
    from = to;
  }
  return pieces;
}

function piece(feed, lanes, from, to) {
  const before = from > 0 ? feed.times[from - 1] : feed.times[from] - 1000;
  const gap = feed.times[from] - before > 5000;
  const seconds = gap ? to - from : (feed.times[to - 1] - before) / 1000;
  const routed = lanes.map((lane) => lane ? total(lane.routed, from, to) : 0);
  const all = sum(routed);
  return {
    at: (feed.times[from] + feed.times[to - 1]) / 2, gap,
    members: lanes.map((lane, index) => {
      if (!lane) return null;
      return {
        share: all > 0 ? routed[index] / all : NaN,
        set: lane.set[to - 1] >= 0 ? lane.set[to - 1] / 1e6 : NaN,
        rate: total(lane.requests, from, to) / seconds,
        errors: sum(ERRORS.map((origin) => total(lane[origin], from, to))) / seconds,
        p50: middle(lane.p50, from, to) / 1e6, p95: most(lane.p95, from, to) / 1e6,
        latency: most(lane.p99, from, to) / 1e6,
      };
    }),
  };
}

function total(list, from, to) {
  let result = 0;
  for (let index = from; index < to; index += 1) result += Math.max(0, list[index]);
  return result;
}

function most(list, from, to) {
  let result = NaN;
  for (let index = from; index < to; index += 1) {
    if (list[index] >= 0 && !(list[index] <= result)) result = list[index];
  }
  return result;
}

function middle(list, from, to) {
  const known = list.slice(from, to).filter((value) => value >= 0).sort((a, b) => a - b);
  return known.length ? known[known.length >> 1] : NaN;
}

class Chart {
  constructor(charts, kind, isTCP) {
    this.charts = charts;
    this.kind = { ...KINDS[kind], ...(isTCP ? OF_TCP[kind] : {}), key: kind };
    this.width = 0;
    this.values = charts.members.map((name, index) => {
      const value = h("b", {});
      const { tone, dash } = look(index);
      const item = h("li", { class: tone },
        s("svg", { width: 22, height: 8, "aria-hidden": "true" },
          s("path", { d: "M0 4H22", "stroke-dasharray": dash || null })),
        h("span", {}, name), value);
      return { item, value };
    });
    this.note = h("small", { class: "quiet" }, t(this.kind.note));
    this.when = h("time", { class: "quiet" });
    this.svg = s("svg", { class: "chart", role: "img", tabindex: "0", height: HEIGHT });
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.charts.view.look(null));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.root = h("figure", {},
      h("figcaption", {}, h("h4", {}, t(this.kind.title)),
        this.note, this.when,
        h("ul", {}, this.values.map((one) => one.item))),
      this.svg);
    new ResizeObserver(([entry]) => {
      this.zoom = zoom();
      this.width = Math.floor(entry.contentRect.width / this.zoom);
      set(this.svg, "height", HEIGHT * this.zoom);
      if (this.last) this.update(...this.last);
    }).observe(this.root);
  }

  update(pieces, events, begin, end) {
    this.last = [pieces, events, begin, end];
    if (this.width < 60) return;
    const { kind, width } = this;
    const right = width - PAD.right;
    const x = (at) => PAD.left + ((at - begin) / (end - begin)) * (right - PAD.left);
    const key = kind.key;
    const peak = Math.max(0, ...pieces.flatMap((one) => one.members.flatMap((member) =>
      Number.isFinite(member?.[key]) ? [member[key]] : [])));
    const top = kind.top ? kind.top() : ceiling(peak, key);
    const bottom = HEIGHT - PAD.bottom;
    const y = (value) => bottom - (Math.min(value, top) / top) * (bottom - PAD.top);
    const ticks = kind.ticks ?? [0, top / 2, top];
    const parts = ticks.map((tick) => s("g", { class: "tick" },
      s("path", { d: `M${PAD.left} ${y(tick)}H${right}` }),
      s("text", { x: PAD.left - 7, y: y(tick) + 4, "text-anchor": "end" },
        kind.ticks ? `${tick * 100} %` : tickText(tick, key))));
    const { list, step } = times(begin, end, right - PAD.left);
    for (const at of list) {
      // The last one ends with the drawing.
      const place = Math.min(x(at), width - LABEL[step < 60000 ? 1 : 0] / 2);
      parts.push(s("text", { class: "at", x: place, y: HEIGHT - 4, "text-anchor": "middle" },
        clock(at, step < 60000)));
    }
    for (const event of events) parts.push(mark(event, x(event.at), bottom));
    this.charts.members.forEach((_, index) => {
      const { tone, dash } = look(index);
      const line = (field, name, isStep) => s("path", {
        class: `${name} ${tone}`, "stroke-dasharray": name === "line" ? dash || null : null,
        d: path(pieces, index, field, x, y, isStep),
      });
      if (key === "share") parts.push(line("set", "faint", true));
      if (key === "latency") parts.push(line("p50", "faint", false));
      parts.push(line(key, "line", false));
    });
    if (!pieces.length) {
      parts.push(s("text", { class: "quiet", x: (PAD.left + right) / 2, y: HEIGHT / 2,
        "text-anchor": "middle" }, t("noData")));
    }
    this.cursor = s("path", { class: "cursor" });
    this.svg.replaceChildren(...parts, this.cursor);
    set(this.svg, "width", width * this.zoom);
    set(this.svg, "viewBox", `0 0 ${width} ${HEIGHT}`);
    this.scale = { x, begin, end, right };
    this.showValues();
  }

  // The values of the moment that is looked at, or of the last one.
  showValues() {
    if (!this.last) return;
    const [pieces] = this.last;
    const at = this.charts.view.at;
    const found = at === null ? pieces.at(-1) : nearest(pieces, at);
    const { kind } = this;
    this.values.forEach(({ value }, index) => {
      const member = found?.members[index];
      const text = member ? kind.text(member[kind.key]) : NOTHING;
      say(value, kind.key === "latency" && member && at !== null
        ? `${milliseconds(member.p50)} · ${milliseconds(member.p95)} · ${text}` : text);
    });
    // Their names stand once, so that the legend is not longer and the chart stays where it is.
    const note = kind.key === "latency" && at !== null ? "latencyAt" : kind.note;
    say(this.note, t(note));
    say(this.when, at === null || !found ? "" : clock(found.at));
    set(this.cursor, "d", at === null || !found || !this.scale ? "M0 0"
      : `M${this.scale.x(found.at)} ${PAD.top - 6}V${HEIGHT - PAD.bottom}`);
    const texts = this.charts.members.map((name, index) =>
      `${name} ${this.values[index].value.textContent}`);
    const title = `${this.charts.name}, ${t(kind.title)}`
      + (note === "latencyAt" ? ` (${t(note)})` : "");
    set(this.svg, "aria-label", `${title}, ${at === null || !found ? t("nowWord")
      : clock(found.at)}: ${texts.join(", ")}. ${t("chartHelp")}`);
  }

  point(event) {
    if (!this.scale) return;
    const { begin, end, right } = this.scale;
    const place = (event.clientX - this.svg.getBoundingClientRect().left) / this.zoom;
    const part = (place - PAD.left) / (right - PAD.left);
    this.charts.view.look(begin + Math.min(1, Math.max(0, part)) * (end - begin));
  }

  key(event) {
    if (event.key === "Escape") return this.charts.view.look(null);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const [pieces] = this.last ?? [[]];
    if (!step || !pieces.length) return undefined;
    event.preventDefault();
    const at = this.charts.view.at;
    const now = at === null ? pieces.length : pieces.indexOf(nearest(pieces, at));
    const next = pieces[Math.min(pieces.length - 1, Math.max(0, now + step))];
    return this.charts.view.look(next.at);
  }
}

function path(pieces, index, field, x, y, isStep) {
  let text = "";
  let isOpen = false;
  let last = 0;
  for (const one of pieces) {
    const value = one.members[index]?.[field];
    if (!Number.isFinite(value) || one.gap) isOpen = false;
    if (!Number.isFinite(value)) continue;
    const place = `${x(one.at).toFixed(1)} ${y(value).toFixed(1)}`;
    if (!isOpen) text += `M${place}`;
    else text += isStep ? `H${x(one.at).toFixed(1)}V${y(value).toFixed(1)}` : `L${place}`;
    isOpen = true;
    last = x(one.at);
  }
  return text || `M${last} 0`;
}

function mark(event, x, bottom) {
  return s("g", { class: `mark ${kindOf(event)}` },
    s("path", { d: `M${x} ${PAD.top - 4}V${bottom}` }),
    s("text", { x, y: PAD.top - 6, "text-anchor": "middle" }, glyph(event)));
}

function nearest(pieces, at) {
  return pieces.reduce((best, one) =>
    !best || Math.abs(one.at - at) < Math.abs(best.at - at) ? one : best, null);
}

// A round number that is not below the peak.
function ceiling(peak, key) {
  const least = { rate: 1, latency: 0.001, errors: 1 }[key];
  const value = Math.max(peak * 1.05, least);
  const scale = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((step) => step * scale).find((one) => one >= value) ?? value;
}

function tickText(value, key) {
  if (key === "latency") {
    const text = value * 1000;
    return number(text, text > 0 && text < 2 ? 1 : 0);
  }
  return number(value, value > 0 && value < 2 ? 1 : 0);
}

// As many times as there is room for.
function times(begin, end, width) {
  const steps = [0.5, 1, 2, 3, 5, 10, 15, 20, 30].map((minutes) => minutes * 60000);
  const step = steps.find((one) =>
    (one / (end - begin)) * width >= 1.6 * LABEL[one < 60000 ? 1 : 0]) ?? 3600000;
  const list = [];
  for (let at = Math.ceil(begin / step) * step; at <= end; at += step) list.push(at);
  return { list, step };
}
