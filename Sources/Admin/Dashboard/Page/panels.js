// The rest of the page: a split's heading and targets, the rollout, the upgrade, what happened.
import { glyph, kindOf } from "./charts.js";
import { memberFacts, splitMode } from "./diagram.js";
import { clock, duration, h, look, NOTHING, number, percent, plain, rate, say, set, tell }
  from "./tools.js";
import { said, t } from "./words.js";

const STATES = { sound: "●", degraded: "▲", ejected: "◐", down: "✕", unknown: "○", drained: "◇" };
// Letters of a chip that need no clipping.
const LONG = 70;

function stateWord(state) { return t(state === "unknown" ? "unchecked" : state); }

// A split's name, and what there is to know of its weights.
export class Heading {
  constructor(split) {
    this.name = split.name;
    this.facts = h("ul", { class: "chips" });
    this.root = h("header", { class: "heading" },
      h("h2", { id: `split-${split.name}` }, split.name), this.facts);
  }

  update(split, now) {
    const ago = (now.at - Date.parse(split.changed_at)) / 1000;
    const chips = [
      [t(splitMode(split)), split.listeners.map((one) => one.address).join(", ")],
      [t("stable"), split.stable],
      split.candidate ? [t("candidate"), split.candidate] : null,
      [t("generation"), `${split.generation} · ${said(split.source)}`
        + `${split.reason ? ` · ${said(split.reason)}` : ""} · `
        + t("ago", { time: duration(ago) })],
      split.sticky ? [t("sticky"), split.sticky.join(", ")] : null,
      split.pins ? [t("pins"), split.pins] : null,
    ].filter(Boolean).map(([name, text]) => [name, String(text), ""]);
    if (split.freeze.mode !== "off") {
      const mode = t(split.freeze.mode === "candidate" ? "candidateMode" : "both");
      chips.push([`✱ ${t("frozen", { mode })}`, split.freeze.reason, "alert"]);
    }
    for (const latch of split.latches) chips.push([latch.upstream, t("latched"), "alert"]);
    if (!split.durable) chips.push([t("notDurable"), "", "alert"]);
    keep(this.facts, chips, () => h("li"), (item, [name, text, kind]) => {
      if (!item.firstChild) item.append(h("span"), h("b"));
      say(item.firstChild, name);
      say(item.lastChild, text);
      // A long one is clipped until somebody points at it or goes there.
      const isLong = text.length > LONG;
      set(item, "title", isLong ? text : null);
      set(item, "tabindex", isLong ? 0 : null);
      set(item, "class", [kind, isLong ? "long" : ""].filter(Boolean).join(" ") || null);
    });
  }
}

// The targets of a split's upstreams, with health and what went wrong last.
export class Targets {
  constructor(split) {
    this.members = Object.keys(split.weights);
    this.body = h("tbody");
    this.root = h("section", { class: "card" }, h("h3", {}, t("targets")),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("targets") },
        h("table", { class: "targets" },
          h("thead", {}, h("tr", {}, ["upstream", "target", "state", "weight", "lastError"]
            .map((key) => h("th", { scope: "col" }, t(key))))),
          this.body)));
  }

  update(split, now) {
    const rows = this.members.flatMap((name, index) => {
      const upstream = now.upstreams.find((one) => one.name === name);
      return (upstream?.targets ?? []).map((target) => ({ name, index, target }));
    });
    keep(this.body, rows, () => h("tr", {}, h("th", { scope: "row" }), h("td"), h("td"),
      h("td", { class: "n" }), h("td", { class: "why" })), (row, { name, index, target }) => {
      const [upstream, place, state, weight, why] = row.children;
      const word = target.drained ? "drained" : target.state;
      set(row, "class", `${look(index).tone} ${word}`);
      say(upstream, name);
      say(place, target.target === target.address ? target.address
        : `${target.target} (${target.address})`);
      say(state, `${STATES[word] ?? "○"} ${stateWord(word)} · ${duration(
        (now.at - Date.parse(target.drained_since ?? target.since)) / 1000)}`);
      say(weight, `${number(target.weight_percent)} %`);
      const since = target.last_error_at ? t("ago", {
        time: duration((now.at - Date.parse(target.last_error_at)) / 1000) }) : "";
      say(why, target.last_error ? `${said(target.last_error)} · ${since}` : NOTHING);
    });
  }
}

// A split of one upstream: there is nothing to divide, so it needs a line only.
export class Small {
  constructor(split) {
    this.name = split.name;
    this.root = h("article", { class: "card small-split" });
  }

  update(split, now) {
    const member = memberFacts(split, Object.keys(split.weights)[0], now);
    const { lane } = member;
    const guard = split.listeners.some((one) => one.guard);
    const state = member.good === member.targets.length ? "●" : member.good ? "▲" : "✕";
    const parts = [
      h("h3", {}, split.name),
      h("p", {}, `${state} ${member.name} · ${t("targetsOf",
        { good: member.good, all: member.targets.length })}`),
      h("p", { class: "n" }, `${rate(lane.requests_per_second)}${t("perSecond")}`
        + (member.errors ? ` · ▲ ${number(member.errors)} /${t("min")}` : "")),
      h("p", { class: "quiet" }, `${guard ? `${t("adminAPI")} · ` : ""}`
        + split.listeners.map((one) => one.address).join(", ")),
    ];
    const text = parts.map((part) => part.textContent).join("|");
    if (text !== this.text) this.root.replaceChildren(...parts);
    this.text = text;
  }
}

// The rollout: its steps, what it waits for, and what the judge has seen.
export class Rollout {
  constructor(root, page) {
    this.root = root;
    this.page = page;
    this.body = h("div");
    this.buttons = h("p", { class: "buttons" });
    this.result = h("p", { class: "result", role: "status", "aria-live": "polite" });
    this.title = h("h2");
    root.replaceChildren(this.title, this.body, this.buttons, this.result);
  }

  update(now) {
    const rollout = now.rollout;
    this.root.hidden = !rollout?.plan && !rollout?.alarm;
    if (this.root.hidden) return;
    const splits = rollout.splits ?? [];
    say(this.title, `${t("rollout")} ${splits.join(", ")}`);
    if (!rollout.plan) return this.body.replaceChildren(alarm(rollout.alarm));
    this.body.replaceChildren(...this.parts(rollout, now));
    return this.updateButtons(rollout);
  }

  parts(rollout, now) {
    const isOver = ["completed", "aborted", "rolled_back"].includes(rollout.state);
    const candidate = now.splits.find((one) => one.name === rollout.splits[0])?.candidate ?? "";
    return [
      h("p", { class: `state ${rollout.state}` }, h("b", {}, t(rollout.state)),
        ` · ${rollout.plan} · ${t("step", rollout)}`,
        rollout.reason ? ` · ${said(rollout.reason)}` : ""),
      rollout.alarm ? alarm(rollout.alarm) : null,
      h("ol", { class: "steps" }, rollout.plan_steps.map((step, index) =>
        stepItem(step, index, rollout))),
      isOver ? null : h("p", {}, h("b", {}, `${t("waitsFor")}: `),
        rollout.blockers.length ? rollout.blockers.map(said).join("; ") : t("nothingWaits")),
      evidence(rollout.judge, candidate),
      h("p", { class: "quiet" },
        t("errorBound", { bound: percent(rollout.confidence.error_share_bound, 2) })),
      rollout.guards.length ? h("p", { class: "quiet" }, `${t("guards")}: `, rollout.guards.map(
        (guard) => `${guard.state === "breached" ? "✕" : guard.state === "holds" ? "✓" : "○"} `
          + `${plain(said(guard.guard))}${guard.text ? ` (${said(guard.text)})` : ""}`)
        .join(" · ")) : null,
    ].filter(Boolean);
  }

  updateButtons(rollout) {
    const wanted = [];
    if (this.page.mayWrite) {
      if (rollout.needs_approval && ["running", "awaiting_approval"].includes(rollout.state)) {
        wanted.push(["approve", t("approve", { step: rollout.step }), { step: rollout.step },
          "doneApprove", "primary"]);
      }
      if (["running", "awaiting_approval"].includes(rollout.state)) {
        wanted.push(["pause", t("pause"), {}, "donePause", null]);
      }
      if (rollout.state === "paused") wanted.push(["resume", t("resume"), {}, "doneResume", null]);
      if (["running", "awaiting_approval", "paused"].includes(rollout.state)) {
        wanted.push(["abort", t("abort"), {}, "doneAbort", "danger"]);
      }
    }
    // A button that is held down must not be taken away under the finger.
    const signature = JSON.stringify(wanted);
    if (signature === this.signature) return;
    this.signature = signature;
    // What was refused in another state says nothing of this one.
    if (this.result.classList.contains("bad")) tell(this.result, "");
    this.buttons.replaceChildren(...wanted.map(([path, text, body, done, kind]) => h("button", {
      type: "button", class: kind, onclick: () => this.send(path, body, done) }, text)));
  }

  async send(path, body, done) {
    if (path === "abort" && !await this.page.confirm(t("abortTitle"), t("abortText"), t("abort"),
      "danger")) return;
    this.page.hush();
    tell(this.result, t("working"));
    try {
      await this.page.feed.ask("POST", `v1/rollout/${path}`, { ...body });
      this.page.hush();
      tell(this.result, t(done), "good");
    } catch (error) {
      tell(this.result, said(error.message), "bad");
      this.page.refused(error);
    }
  }
}

function alarm(text) { return h("p", { class: "alarm" }, `✕ ${t("alarm")}: ${text}`); }

function stepItem(step, index, rollout) {
  const at = rollout.step - 1;
  const isOver = rollout.state === "completed";
  const state = index < at || isOver ? "done" : index === at ? "now" : "next";
  const held = Math.min(1, step.hold_seconds > 0 ? rollout.held_seconds / step.hold_seconds : 1);
  const served = Math.min(1, step.min_requests > 0 ? rollout.served / step.min_requests : 1);
  const bar = h("span", { class: "fill" });
  if (state === "now") bar.style.width = `${Math.min(held, served) * 100}%`;
  const lines = [duration(step.hold_seconds)];
  if (step.min_requests) lines.push(`≥ ${number(step.min_requests)}`);
  if (state === "now") {
    const { held_seconds: soFar, served: count } = rollout;
    lines[0] = t(soFar > step.hold_seconds ? "heldEnough" : "held",
      { held: duration(soFar), hold: duration(step.hold_seconds) });
    if (step.min_requests) {
      lines[1] = t(count > step.min_requests ? "servedEnough" : "served",
        { served: number(count), min: number(step.min_requests) });
    }
  }
  if (step.approve) lines.push(t("approvalNeeded"));
  return h("li", { class: state, "aria-current": state === "now" ? "step" : null },
    h("b", {}, `${{ done: "✓", now: "●", next: "○" }[state]} ${step.weight} %`),
    lines.map((line) => h("small", {}, line)), bar);
}

// How far the evidence is from its limit, and the counts behind it: nobody has to believe a sum.
function evidence(judge, candidate) {
  const part = Math.min(1, Math.max(0, judge.log_evidence / judge.log_limit));
  const bar = h("span", { class: part >= 1 ? "fill full" : "fill" });
  bar.style.width = `${part * 100}%`;
  const kinds = judge.classes.filter((kind) => kind.candidate + kind.stable > 0);
  return h("div", { class: "evidence" },
    h("p", {}, h("b", {}, t("evidence", { name: candidate })), " ",
      h("span", { class: "n" }, number(judge.log_evidence, 2)), " ",
      h("small", { class: "quiet" }, t("evidenceNote", { limit: number(judge.log_limit, 2) }))),
    h("div", { class: "meter", role: "meter", "aria-valuemin": 0,
      "aria-valuemax": judge.log_limit, "aria-valuenow": Math.max(0, judge.log_evidence),
      "aria-label": t("evidence", { name: candidate }) }, bar),
    kinds.length ? h("table", { class: "numbers" },
      h("thead", {}, h("tr", {}, ["class", "sideCandidate", "sideStable", "logValue"].map((key) =>
        h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, kinds.map((kind) => h("tr", {},
        h("th", { scope: "row" }, plain(said(kind.class)),
          kind.prefixes[0]?.log_value > 0 ? h("small", { class: "quiet" },
            ` ${t("worst", { prefix: kind.prefixes[0].prefix })}`) : null),
        h("td", {}, number(kind.candidate)), h("td", {}, number(kind.stable)),
        h("td", {}, number(kind.log_value, 2)))))) : null);
}

export class Upgrade {
  constructor(root) { this.root = root; }

  update(now) {
    const lists = now.upgrades ?? [];
    this.root.hidden = !lists.length;
    const text = JSON.stringify([lists, document.documentElement.lang]);
    if (this.root.hidden || text === this.text) return;
    this.text = text;
    this.root.replaceChildren(...lists.flatMap((list) => {
      const done = list.steps.filter((step) => step.state === "done").length;
      return [
        h("h2", {}, t("upgrade", list), " ", h("small", { class: "quiet" },
          t("upgradeSteps", { done, all: list.steps.length }))),
        h("ol", { class: "checklist" }, list.steps.map((step) => h("li", { class: step.state },
          h("b", { role: "img", "aria-label": t(step.state === "done" ? "stepDone" : "stepOpen") },
            step.state === "done" ? "✓" : "○"),
          h("span", {}, said(step.title), step.reason && step.state !== "done"
            ? h("small", { class: "quiet" }, ` ${said(step.reason)}`) : null)))),
      ];
    }));
  }
}

export class Events {
  constructor(root) {
    this.root = root;
    this.list = h("ol", { class: "log", tabindex: "0", "aria-label": t("events") });
    root.replaceChildren(h("h2", {}, t("events")), this.list);
  }

  update(feed) {
    const events = feed.events.slice(-40).reverse();
    const text = JSON.stringify([events, document.documentElement.lang]);
    if (text === this.text) return;
    this.text = text;
    this.list.replaceChildren(...events.map((event) => h("li", { class: kindOf(event) },
      h("time", { class: "n" }, clock(event.at)),
      h("i", { "aria-hidden": "true" }, glyph(event)),
      h("span", {}, eventText(event), reasonOf(event)
        ? h("small", { class: "quiet" }, ` ${reasonOf(event)}`) : null))));
  }
}

// A target that is sound again still has what went wrong last.
function reasonOf(event) {
  const reason = event.kind === "target" && event.to === "sound" ? "" : event.reason;
  return [event.source, reason].filter(Boolean).map(said).join(": ");
}

export function eventText(event) {
  const weights = (value) => Object.entries(value).map(([name, one]) => `${name} ${one}`).join(" ");
  const word = (value) => t(value) === value ? plain(value) : t(value);
  switch (event.kind) {
    case "start": return t("eventStart");
    case "weights": return t("eventWeights", { ...event, from: weights(event.from),
      to: weights(event.to) });
    case "target": return t("eventTarget", { ...event, from: stateWord(event.from),
      to: stateWord(event.to) });
    case "freeze": return t("eventFreeze", { ...event, from: word(event.from),
      to: word(event.to) });
    default: return t("eventRollout", { ...event, to: word(event.to) });
  }
}

// As many children as there are values; each is made once and changed in place after that.
function keep(parent, values, make, change) {
  while (parent.children.length > values.length) parent.lastElementChild.remove();
  while (parent.children.length < values.length) parent.append(make());
  values.forEach((value, index) => change(parent.children[index], value));
}
