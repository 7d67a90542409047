// The diagram of one split: API clients, Sluice, upstreams, their database, and on each arrow what
// goes through it. Drawn in pixels of the page, so that text is as sharp and as large as elsewhere.
import { fit, h, look, milliseconds, number, percent, plain, rate, s, say, set, sum, zoom }
  from "./tools.js";
import { t } from "./words.js";

const ORIGINS = ["service", "serviceFailed", "kong", "sluice", "unknown", "attempts"];
const NARROW = 640;
// What the second line of numbers takes.
const SECOND = 18;

// What a member of a split is at this moment, in one place for the diagram and for others.
export function memberFacts(split, name, now) {
  const lane = split.lanes.find((one) => one.upstream === name) ?? {};
  const upstream = now.upstreams.find((one) => one.name === name);
  const targets = upstream?.targets ?? [];
  const measured = split.measured;
  const isTCP = splitMode(split) === "tcp";
  return {
    name, lane, upstream, isTCP, targets,
    good: targets.filter((target) => target.healthy && !target.drained).length,
    measured: measured.requests > 0 ? measured[name] / measured.requests : NaN,
    errors: sum(ORIGINS.map((origin) => lane.errors_last_minute?.[origin] ?? 0)),
    guard: split.guards.find((one) => one.upstream === name),
    isLatched: split.latches.some((latch) => latch.upstream === name),
  };
}

export function splitMode(split) {
  const modes = new Set(split.listeners.map((listener) => listener.mode));
  if (modes.size === 0) return "none";
  return modes.size > 1 ? "mixed" : [...modes][0];
}

export function errorTexts(facts) {
  const errors = facts.lane.errors_last_minute ?? {};
  return ORIGINS.filter((origin) => errors[origin] > 0)
    .map((origin) => `${t(origin === "unknown" && facts.isTCP ? "broken" : origin)} `
      + number(errors[origin]));
}

export class Diagram {
  constructor(split) {
    this.name = split.name;
    this.root = s("svg", { class: "diagram", role: "img" });
    this.title = s("title");
    this.holder = h("div", { class: "diagram-box" }, this.root);
    this.signature = "";
    this.width = 0;
    new ResizeObserver(([entry]) => {
      this.zoom = zoom();
      this.width = Math.floor(entry.contentRect.width / this.zoom);
      if (this.last) this.update(...this.last);
    }).observe(this.holder);
  }

  update(split, now) {
    this.last = [split, now];
    if (!this.width) return;
    const members = Object.keys(split.weights).map((name) => memberFacts(split, name, now));
    const kongs = members.filter((member) => member.upstream?.kong).length;
    const ways = members.map((one) => one.lane.requests_per_second ?? 0);
    this.isBusy = sum(ways) >= 9999;
    const shape = JSON.stringify([this.width, kongs, this.isBusy, document.documentElement.lang,
      members.map((one) => [one.name, Boolean(one.guard), one.isTCP, one.targets.length])]);
    if (shape !== this.signature) {
      this.signature = shape;
      this.draw(members, kongs);
    }
    say(this.totalText, `${rate(sum(ways))}${t("perSecond")}`);
    members.forEach((member, index) => this.updateMember(this.parts[index], member));
    const texts = members.map((member) => describe(member));
    set(this.root, "aria-label", t("diagram", { split: this.name, text: texts.join(" ") }));
  }

  draw(members, kongs) {
    const hasBase = kongs > 1;
    const place = this.place(members, hasBase);
    const { isNarrow } = this;
    this.root.replaceChildren();
    set(this.root, "width", this.width * this.zoom);
    set(this.root, "height", place.height * this.zoom);
    set(this.root, "viewBox", `0 0 ${this.width} ${place.height}`);
    this.totalText = s("text", { class: "big", "text-anchor": isNarrow ? "start" : "middle",
      x: place.total.x, y: place.total.y });
    this.root.append(
      s("path", { class: "way trunk", d: place.trunk }),
      s("path", { class: "flow", d: place.trunk }), this.totalText,
      box(place.api, t("clients"), "end"), box(place.sluice, "Sluice", "end own"));
    if (hasBase) this.root.append(base(place.base));
    this.parts = members.map((member, index) => this.drawMember(member, index, place.members[index],
      hasBase && member.upstream?.kong));
  }

  // Where everything stands: side by side as long as no text would run into a box, and numbers in
  // two lines where one is too short for them.
  place(members, hasBase) {
    const sizes = this.sizes(members);
    let place = this.width < NARROW ? null : wide(this.width, members, hasBase, sizes);
    this.isNarrow = !place || place.room < sizes.pair;
    if (this.isNarrow) place = narrow(this.width, members, hasBase, sizes);
    this.isSplit = place.room < sizes.line;
    this.isTight = place.room < sizes.pair;
    this.isShort = place.members[0].box.w - 24 < sizes.targets;
    this.room = place.room;
    return place;
  }

  // How wide texts are with the letters that this browser has.
  sizes(members) {
    const measure = (name, text) => {
      const element = s("text", { class: name }, text);
      this.root.append(element);
      const width = Math.ceil(element.getComputedTextLength());
      element.remove();
      return width;
    };
    const isTCP = members.every((member) => member.isTCP);
    const most = Math.max(...members.map((member) => member.targets.length));
    const speed = `8,888${t("perSecond")}   `;
    const pair = isTCP ? `8,888 ${t("inflight")}` : "p50 88.8   p95 88.8   p99 888 ms";
    return {
      clients: measure("name", t("clients")) + 22,
      total: measure("big", `${this.isBusy ? "888,888" : "8,888"}${t("perSecond")}`) + 8,
      pair: Math.max(measure("numbers", pair),
        measure("shares", `${t("setShare")} 88.88 %   ${t("effective")} 88.88 %`)),
      line: measure("numbers", speed + pair),
      targets: measure("small bad", `✕ ${t("targetsOf", { good: most, all: most })}`),
    };
  }

  drawMember(member, index, place, isOnBase) {
    const { tone, dash } = look(index);
    const texts = ["share", "shares", "numbers", "errors"].map((name, line) => s("text", {
      class: `${name}`, x: place.text.x, y: place.text.y + place.lines[line]
        + (this.isSplit && name === "errors" ? SECOND : 0),
    }));
    const halves = [s("tspan"), s("tspan", this.isSplit
      ? { x: place.text.x, y: place.text.y + place.second } : {})];
    texts[2].append(...halves);
    if (this.isTight) set(texts[2], "class", "numbers tight");
    const way = s("path", { class: "way", d: place.way, "stroke-dasharray": dash || null });
    const flow = s("path", { class: "flow", d: place.way });
    const arrow = s("path", { class: "head", d: place.head });
    const health = s("text", { class: "small", x: place.box.x + 14, y: place.box.y + 45 });
    const version = s("text", { class: "small quiet", x: place.box.x + place.box.w - 14,
      y: place.box.y + 24, "text-anchor": "end" });
    const name = s("text", { class: "name", x: place.box.x + 14, y: place.box.y + 25 });
    const group = s("g", { class: `member ${tone}` }, way, flow, arrow,
      isOnBase ? s("path", { class: "wire", d: place.wire }) : null,
      s("rect", { class: "node", x: place.box.x, y: place.box.y, width: place.box.w,
        height: place.box.h, rx: 9 }),
      s("rect", { class: "edge", x: place.box.x, y: place.box.y, width: 5, height: place.box.h,
        rx: 2.5 }),
      name, version, health, ...texts);
    const admin = member.guard ? drawAdmin(place.admin, place.box) : null;
    if (admin) group.append(admin.group);
    this.root.append(group);
    fit(name, member.name, place.box.w - (member.upstream?.kong ? 84 : 26));
    return { group, way, flow, texts, halves, health, version, admin, room: place.box.w - 24 };
  }

  updateMember(part, member) {
    const { lane } = member;
    const [share, shares, , errors] = part.texts;
    const [speed, times] = part.halves;
    fit(share, `${percent(member.measured, 1)} ${t("measured")}`, this.room);
    const gap = this.isTight ? " " : this.isNarrow ? "  " : "   ";
    fit(shares, `${t("setShare")} ${percent(lane.set_ratio)}   ${t("effective")} `
      + percent(lane.effective_ratio), this.room);
    say(speed, `${rate(lane.requests_per_second)}${t("perSecond")}${gap}`);
    say(times, (member.isTCP ? [`${number(lane.inflight)} ${t("inflight")}`]
      : [`p50 ${milliseconds(lane.p50_seconds)}`, `p95 ${milliseconds(lane.p95_seconds)}`,
        `p99 ${milliseconds(lane.p99_seconds)} ms`]).join(gap));
    const texts = errorTexts(member);
    set(errors, "class", texts.length ? "errors bad" : "errors");
    fit(errors, texts.length ? `▲ ${texts.join(" · ")} /${t("min")}` : `✓ ${t("noErrors")}`,
      this.room);
    const ratio = lane.effective_ratio ?? 0;
    set(part.way, "stroke-width", ratio > 0 ? (2 + 12 * ratio).toFixed(1) : 1.5);
    set(part.group, "data-flow", ratio > 0 && lane.requests_per_second > 0 ? "on" : "off");
    set(part.group, "data-empty", ratio > 0 ? null : "yes");
    const all = member.targets.length;
    const degraded = member.targets.filter((target) => target.state === "degraded").length;
    const isSound = member.good === all && !degraded;
    set(part.health, "class", isSound ? "small" : "small bad");
    fit(part.health, `${isSound ? "●" : member.good ? "▲" : "✕"} `
      + t(degraded || this.isShort ? "targetsShort" : "targetsOf", { good: member.good, all })
      + (degraded && member.good ? `, ${degraded} ${t("degraded")}` : ""), part.room);
    fit(part.version, member.upstream?.versions.map((one) => plain(one)).join(", ") ?? "", 66);
    if (part.admin) {
      set(part.admin.group, "data-shut", member.guard.shut ? "yes" : "no");
      say(part.admin.word, `${t("adminAPI")}: ${t(member.guard.shut ? "crossed" : "open")}`);
    }
  }
}

function describe(member) {
  const { lane } = member;
  const text = t("diagramMember", {
    name: member.name, set: percent(lane.set_ratio), effective: percent(lane.effective_ratio),
    measured: percent(member.measured, 1), rate: rate(lane.requests_per_second),
    p50: milliseconds(lane.p50_seconds), p95: milliseconds(lane.p95_seconds),
    p99: milliseconds(lane.p99_seconds), errors: number(member.errors),
    targets: t("targetsOf", { good: member.good, all: member.targets.length }),
  });
  return member.guard?.shut ? `${text} ${t("diagramFrozen", { name: member.name })}` : text;
}

function box(place, text, kind) {
  return s("g", { class: kind },
    s("rect", { class: "node", x: place.x, y: place.y, width: place.w, height: place.h, rx: 9 }),
    s("text", { class: "name", x: place.x + place.w / 2, y: place.y + place.h / 2 + 5,
      "text-anchor": "middle" }, text));
}

// A drum, as databases are drawn.
function base({ x, y, w, h: height }) {
  const r = 9;
  const words = t("database").split(" ");
  return s("g", { class: "base" },
    s("path", { class: "node", d: `M${x} ${y + r}a${w / 2} ${r} 0 0 1 ${w} 0v${height - 2 * r}`
      + `a${w / 2} ${r} 0 0 1 ${-w} 0z` }),
    s("path", { class: "rim", d: `M${x} ${y + r}a${w / 2} ${r} 0 0 0 ${w} 0` }),
    ...words.map((word, line) => s("text", { class: "small", "text-anchor": "middle",
      x: x + w / 2, y: y + height / 2 + 9 + 16 * (line - (words.length - 1) / 2) }, word)));
}

function drawAdmin(place, owner) {
  const word = s("text", { class: "small", "text-anchor": "middle", x: place.x + place.w / 2,
    y: place.y + 17 });
  const { x, y, w } = place;
  const group = s("g", { class: "admin" },
    s("path", { class: "wire", d: `M${owner.x + owner.w / 2} ${owner.y + owner.h}V${y}` }),
    s("rect", { class: "node", x, y, width: w, height: 25, rx: 12.5 }),
    s("path", { class: "cross", d: cross(x + 12, y + 12.5) + cross(x + w - 12, y + 12.5) }), word);
  return { group, word };
}

// One at each end, so that what is crossed can still be read.
function cross(x, y) { return `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`; }

// From left to right, a row for each member.
function wide(width, members, hasBase, sizes) {
  const row = 130;
  const top = 14;
  const height = Math.max(top * 2 + row * members.length, 150);
  const middle = top + (row * members.length) / 2;
  const baseWidth = hasBase ? Math.min(104, Math.max(84, width * 0.1)) : 0;
  const sideWidth = Math.max(sizes.clients, Math.min(112, width * 0.11));
  const boxWidth = Math.min(220, Math.max(176, width * 0.2, sizes.targets + 28));
  const gap = Math.max(sizes.total, Math.min(96, width * 0.075));
  const api = { x: 1, y: middle - 27, w: sideWidth, h: 54 };
  const sluice = { x: api.x + sideWidth + gap, y: middle - 36, w: 92, h: 72 };
  const baseGap = hasBase ? Math.max(34, width * 0.04) : 0;
  const boxX = width - 2 - baseWidth - baseGap - boxWidth;
  const from = sluice.x + sluice.w;
  const base = { x: width - 1 - baseWidth, y: middle - 42, w: baseWidth, h: 84 };
  const room = boxX - 11 - from - 52;
  // Below the last row stands nothing, unless it has an Admin API or a second line of numbers.
  const spare = members.at(-1).guard || room < sizes.line ? 0 : 22;
  return {
    height: height - spare, api, sluice, base, room,
    trunk: `M${api.x + api.w} ${middle}H${sluice.x}`,
    total: { x: (api.x + api.w + sluice.x) / 2, y: middle - 12 },
    members: members.map((_, index) => {
      const y = members.length === 1 ? middle : top + row * index + 68;
      const boxAt = { x: boxX, y: y - 31, w: boxWidth, h: 60 };
      const bend = from + 30;
      const start = middle + (index - (members.length - 1) / 2) * Math.min(18, 52 / members.length);
      const end = boxX - 11;
      return {
        box: boxAt, admin: { x: boxX + 6, y: y + 37, w: boxWidth - 12 },
        way: `M${from} ${start}C${bend} ${start} ${from + 6} ${y} ${from + 40} ${y}H${end}`,
        head: `M${end - 1} ${y - 9}L${boxX - 1} ${y}L${end - 1} ${y + 9}z`,
        text: { x: from + 52, y: y - 51 }, lines: [0, 20, 38, 76], second: 76,
        wire: `M${boxX + boxWidth} ${y}C${base.x - 8} ${y} ${boxX + boxWidth + 8} ${middle} `
          + `${base.x} ${middle}`,
      };
    }),
  };
}

// From top to bottom, for phones.
function narrow(width, members, hasBase, sizes) {
  const railX = 22;
  const left = 44;
  const room = width - left - 6;
  const more = room < sizes.line ? SECOND : 0;
  const side = Math.max(sizes.clients, Math.min(130, width * 0.36));
  const api = { x: 1, y: 1, w: side, h: 44 };
  const sluice = { x: 1, y: 84, w: side, h: 44 };
  let y = 156;
  const wireX = width - 14;
  // The last one stands outermost, so that no rail crosses another.
  const apart = Math.min(16, 28 / Math.max(1, members.length - 1));
  const places = members.map((member, index) => {
    const railX = members.length > 1 ? 30 - index * apart : 22;
    const text = { x: left + 4, y: y + 8 };
    const boxAt = { x: left, y: y + 76 + more, w: width - left - (hasBase ? 30 : 2), h: 58 };
    const middle = boxAt.y + 29;
    const place = {
      box: boxAt, text, lines: [0, 20, 39, 58], second: 39 + SECOND,
      admin: { x: left + 14, y: boxAt.y + 66, w: boxAt.w - 28 },
      way: `M${railX} 128V${middle - 10}Q${railX} ${middle} ${left - 11} ${middle}`,
      head: `M${left - 12} ${middle - 8}L${left - 1} ${middle}L${left - 12} ${middle + 8}z`,
      middle,
    };
    y = boxAt.y + (member.guard ? 116 : 82);
    return place;
  });
  const base = { x: width - 150, y: y - 4, w: 148, h: 74 };
  for (const place of places) {
    place.wire = `M${place.box.x + place.box.w} ${place.middle}H${wireX}V${base.y + 8}`;
  }
  return {
    height: hasBase ? base.y + base.h + 4 : y - 20, api, sluice, base, members: places, room,
    trunk: `M${railX} ${api.y + api.h}V${sluice.y}`, total: { x: railX + 14, y: 70 },
  };
}
