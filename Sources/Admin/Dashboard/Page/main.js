// Puts the page together, and keeps it together when splits, language or colours change.
import { Charts } from "./charts.js";
import { Controls } from "./controls.js";
import { Diagram, memberFacts, splitMode } from "./diagram.js";
import { Feed } from "./feed.js";
import { Events, Heading, Rollout, Small, Targets, Upgrade } from "./panels.js";
import { clock, duration, h, number, percent, rate, say, set, sum, tell }
  from "./tools.js";
import { chooseLanguage, otherLanguage, preferredLanguage, said, t } from "./words.js";

const THEMES = ["auto", "light", "dark"];
const RANGES = [300, 900, 3600];
// More splits than that have a list of links.
const FEW = 6;
const find = (id) => document.getElementById(id);

// What a reader has chosen is kept in the browser, if it lets us; a token never is.
const memory = {
  get(name) { try { return localStorage.getItem(`sluice.${name}`); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(`sluice.${name}`, value); } catch { /* not kept */ } },
};

const page = {
  feed: new Feed(),
  holder: null,
  parts: [],
  links: [],
  signature: "",
  // What the banner says until the next input: a key of the words and its values.
  notice: null,

  // Whether there is nothing to see without a token.
  get isShut() { return this.feed.fault === "token"; },

  get mayWrite() { return this.holder?.role === "write"; },

  wordOfRate(split) { return splitMode(split) === "tcp" ? "connections" : "requests"; },

  // What all charts look at.
  view: {
    seconds: Number(memory.get("range")) || 900,
    at: null,
    look(at) {
      this.at = at;
      for (const part of page.parts) {
        for (const chart of part.charts?.charts ?? []) chart.showValues();
      }
    },
  },

  start() {
    chooseLanguage(memory.get("language") ?? preferredLanguage());
    this.theme(memory.get("theme") ?? "auto");
    find("language").addEventListener("click", () => {
      chooseLanguage(otherLanguage());
      memory.set("language", document.documentElement.lang);
      this.build();
    });
    find("theme").addEventListener("click", () => {
      const now = THEMES.indexOf(document.documentElement.dataset.theme);
      this.theme(THEMES[(now + 1) % THEMES.length]);
      this.words();
    });
    find("access").addEventListener("click", () => {
      if (this.holder) this.lock();
      else if (this.isShut || this.feed.now?.controls !== false) this.unlock();
    });
    // What was said of a change ends with the next input.
    document.addEventListener("input", () => this.hush(), true);
    document.addEventListener("click", (event) => {
      if (event.target.closest?.("button")) this.hush();
    }, true);
    this.build();
    this.feed.onNews(() => this.update());
    setInterval(() => this.tellState(), 1000);
    this.feed.run();
  },

  theme(name) {
    document.documentElement.dataset.theme = name;
    memory.set("theme", name);
  },

  // Everything anew, in the language of now.
  build() {
    this.signature = "";
    const rollout = find("rollout");
    this.rollout = new Rollout(rollout, this);
    this.upgrade = new Upgrade(find("upgrade"));
    this.events = new Events(find("events"));
    this.buildGate();
    this.words();
    this.update();
  },

  words() {
    for (const element of document.querySelectorAll("[data-word]")) {
      say(element, t(element.dataset.word));
    }
    const { theme } = document.documentElement.dataset;
    say(find("language"), t("otherLanguage"));
    set(find("language"), "aria-label", t("otherLanguageLabel"));
    set(find("language"), "lang", otherLanguage());
    say(find("theme"), `${{ auto: "◐", light: "○", dark: "●" }[theme]} ${t(theme)}`);
    set(find("theme"), "aria-label", t("themeLabel", { theme: t(theme) }));
    set(find("ranges"), "aria-label", t("rangeLabel"));
    find("ranges").replaceChildren(...RANGES.map((seconds) => h("button", {
      type: "button", "aria-pressed": String(this.view.seconds === seconds),
      onclick: () => {
        this.view.seconds = seconds;
        memory.set("range", seconds);
        this.words();
        this.update();
      },
    }, t(`range${seconds}`))));
    this.tellAccess();
    this.tellRanges();
  },

  // A time that shows no more than the one before it is grey, as long as there are no data for it.
  tellRanges() {
    const first = this.feed.times[0];
    const length = first === undefined ? 0 : (this.feed.times.at(-1) - first) / 1000;
    const isShort = first !== undefined && length < this.view.seconds - 5;
    [...find("ranges").children].forEach((button, index) => {
      const isAhead = first !== undefined && index > 0 && length <= RANGES[index - 1];
      set(button, "class", isAhead ? "ahead" : null);
      set(button, "title", isAhead ? t("rangeAhead", { time: clock(first) }) : null);
    });
    find("since").hidden = !isShort;
    say(find("since"), isShort ? t("dataSince", { time: clock(first) }) : "");
  },

  tellAccess() {
    const button = find("access");
    const { now } = this.feed;
    const isFixed = !this.holder && !this.isShut && now?.controls === false;
    say(button, this.holder ? this.holder.name : t(this.isShut ? "unlock" : "locked"));
    set(button, "aria-label", this.holder ? t("lockLabel", this.holder)
      : t(isFixed ? "noTokensLabel" : this.isShut ? "gateLabel" : "unlockLabel"));
    set(button, "title", button.getAttribute("aria-label"));
    button.disabled = isFixed;
  },

  update() {
    const { now } = this.feed;
    if (this.isShut && this.holder) return this.lose("tokenGone");
    this.tellState();
    this.tellAccess();
    if (!now) return undefined;
    const signature = JSON.stringify([document.documentElement.lang, now.splits.map((split) =>
      [split.name, Object.keys(split.weights), splitMode(split), split.candidate])]);
    if (signature !== this.signature) {
      this.signature = signature;
      this.buildSplits(now);
    }
    for (const part of this.parts) {
      const split = now.splits.find((one) => one.name === part.name);
      for (const one of part.pieces) one.update(split, now);
      part.charts?.update(this.feed);
    }
    this.updateIndex(now);
    this.rollout.update(now);
    this.upgrade.update(now);
    this.events.update(this.feed);
    this.tellRanges();
    return this.tellFacts(now);
  },

  // A whole section for each split that divides, a card for each that does not.
  buildSplits(now) {
    const whole = now.splits.filter((split) => Object.keys(split.weights).length > 1);
    const shown = whole.length ? whole : now.splits.filter((split) => !split.listeners
      .every((listener) => listener.guard)).slice(0, 1);
    this.parts = [];
    const sections = shown.map((split) => {
      const pieces = [new Heading(split), new Diagram(split), new Targets(split)];
      const controls = Object.keys(split.weights).length > 1 ? new Controls(split, this) : null;
      if (controls) pieces.push(controls);
      const charts = new Charts(split, this.view);
      this.parts.push({ name: split.name, pieces, charts });
      const [heading, diagram, targets] = pieces;
      return h("section", { class: "split", "aria-labelledby": `split-${split.name}` },
        heading.root,
        h("div", { class: "main-row" }, h("div", { class: "card" }, diagram.holder),
          controls?.root ?? null),
        charts.root, targets.root);
    });
    find("splits").replaceChildren(...sections);
    this.buildIndex(shown);
    const small = now.splits.filter((split) => !shown.includes(split)).map((split) => {
      const piece = new Small(split);
      this.parts.push({ name: split.name, pieces: [piece] });
      return piece.root;
    });
    find("small").replaceChildren(...(small.length ? [h("h2", {}, t("otherSplits")), ...small] : []));
  },

  // Links to the splits where there are many.
  buildIndex(splits) {
    const index = find("index");
    index.hidden = splits.length <= FEW;
    this.links = index.hidden ? [] : splits.map((split) => ({ name: split.name,
      sign: h("span"), share: h("small", { class: "quiet" }),
    }));
    index.replaceChildren(h("h2", { id: "index-title" }, t("splits")),
      h("ul", {}, this.links.map((link) => h("li", {},
        h("a", { href: `#split-${encodeURIComponent(link.name)}` }, link.sign, ` ${link.name} `,
          link.share)))));
  },

  updateIndex(now) {
    for (const link of this.links) {
      const split = now.splits.find((one) => one.name === link.name);
      const members = Object.keys(split.weights).map((name) => memberFacts(split, name, now));
      const isSound = members.every((one) => one.good === one.targets.length && !one.errors);
      say(link.sign, isSound ? "●" : "▲");
      set(link.sign, "class", isSound ? "good" : "bad");
      set(link.sign, "role", "img");
      set(link.sign, "aria-label", t(isSound ? "sound" : "degraded"));
      const candidate = members.find((one) => one.name === split.candidate);
      say(link.share, candidate ? `${candidate.name} ${percent(candidate.lane.set_ratio)}` : "");
    }
  },

  tellFacts(now) {
    const all = sum(now.splits.flatMap((split) => split.lanes
      .map((lane) => lane.requests_per_second ?? 0)));
    const facts = [["total", rate(all)], ["generation", number(now.generation)],
      ["up", duration(now.uptime_seconds)], ["version", now.version]];
    const list = find("facts");
    if (list.children.length !== facts.length) {
      list.replaceChildren(...facts.map(() => h("div", {}, h("dt"), h("dd"))));
    }
    facts.forEach(([key, text], index) => {
      say(list.children[index].firstChild, t(key));
      say(list.children[index].lastChild, text);
    });
    document.title = `${rate(all)}/s · Sluice`;
  },

  tellState() {
    const { feed } = this;
    const live = find("live");
    const isKnown = feed.heardAt > 0;
    const state = this.isShut ? "needToken" : !isKnown ? "starting"
      : feed.isStale ? "stale" : "live";
    set(live, "data-state", state);
    say(live, state === "stale" ? `✕ ${t("stale", { s: Math.round(feed.silentSeconds) })}`
      : `${state === "live" ? "●" : "○"} ${t(state)}`);
    set(document.body, "data-state", state);
    const banner = find("banner");
    const isNew = this.isShut && find("gate").hidden;
    find("gate").hidden = !this.isShut;
    if (isNew && document.activeElement === document.body) find("gate-token").focus();
    find("pair").hidden = !feed.now;
    const text = this.notice ? t(...this.notice) : feed.fault === "full" ? t("fullLong")
      : state === "stale" && feed.now ? t("staleLong", { s: duration(feed.silentSeconds),
        time: clock(feed.now.at) })
        : feed.now?.state === "stopping" ? t("stopping") : "";
    banner.hidden = !text;
    say(banner, text);
  },

  // Asks for a token until one is right or nobody wants to any more.
  unlock() {
    if (this.isShut) return find("gate-token").focus();
    const input = h("input", { type: "password", id: "token", name: "token", required: true,
      autocomplete: "current-password", spellcheck: "false" });
    const fault = h("p", { class: "result bad", role: "alert" });
    const dialog = find("dialog");
    this.openDialog(t("unlockTitle"), [
      h("p", { class: "quiet" }, t("unlockText")),
      h("label", { for: "token" }, h("span", {}, t("token")), input), fault,
    ], t("ok"), "primary", () => this.tryToken(input, fault, () => dialog.close()));
    return input.focus();
  },

  // Takes on the token in a field, or says why not.
  async tryToken(input, fault, done) {
    const token = input.value.trim();
    try {
      // Nothing else can be sent in a head.
      if (!/^[!-~]+$/.test(token)) throw Object.assign(new Error(), { status: 401 });
      this.feed.token = token;
      const holder = await this.feed.ask("GET", "v1/access");
      if (holder.role === "none") throw Object.assign(new Error(), { status: 401 });
      this.holder = holder;
      this.notice = null;
      done();
      this.feed.restart();
      this.build();
    } catch (error) {
      this.feed.token = null;
      say(fault, error.status === 401 ? t("wrongToken") : said(error.message));
      input.select();
    }
  },

  // What stands in the page's place where reading needs a token too.
  buildGate() {
    const input = h("input", { type: "password", id: "gate-token", name: "token", required: true,
      autocomplete: "current-password", spellcheck: "false" });
    const fault = h("p", { class: "result bad fault", role: "alert" });
    find("gate").replaceChildren(h("form", { onsubmit: (event) => {
      event.preventDefault();
      this.tryToken(input, fault, () => {});
    } }, h("h2", { id: "gate-title" }, t("gateTitle")),
    h("p", { class: "quiet" }, t("gateText")),
    h("label", { for: "gate-token" }, h("span", {}, t("token")), input), fault,
    h("p", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, t("unlock")))));
  },

  lock() {
    this.feed.token = null;
    this.holder = null;
    this.feed.restart();
    this.build();
  },

  // The token was taken away while the page was open: that it locks itself is said.
  lose(key) {
    this.notice = [key, { name: this.holder?.name }];
    this.lock();
  },

  // A token that is not known any more, or may only read by now.
  async refused(error) {
    if (!this.holder) return;
    if (error.status === 401) this.lose("tokenGone");
    if (error.status !== 403) return;
    const holder = await this.feed.ask("GET", "v1/access").catch(() => null);
    if (holder?.role !== "read") return;
    this.notice = ["tokenReads", holder];
    this.holder = holder;
    this.build();
  },

  // Ends what was said of changes.
  hush() {
    for (const one of document.querySelectorAll("main .result:not(.fault):not(:empty)")) {
      tell(one, "");
    }
    if (!this.notice) return;
    this.notice = null;
    this.tellState();
  },

  // A question whose button has the focus, so that Enter says yes and Escape no.
  confirm(title, text, word, kind) {
    return new Promise((answer) => {
      let isSure = false;
      const dialog = find("dialog");
      this.openDialog(title, [h("p", {}, text)], word, kind, () => {
        isSure = true;
        dialog.close();
      });
      dialog.addEventListener("close", () => answer(isSure), { once: true });
      dialog.querySelector("button[type=submit]").focus();
    });
  },

  openDialog(title, content, word, kind, done) {
    const dialog = find("dialog");
    dialog.replaceChildren(h("form", { onsubmit: (event) => {
      event.preventDefault();
      done();
    } }, h("h2", { id: "dialog-title" }, title), content,
    h("p", { class: "buttons" },
      h("button", { type: "button", onclick: () => dialog.close() }, t("cancel")),
      h("button", { type: "submit", class: kind }, word))));
    dialog.showModal();
  },
};

page.start();
