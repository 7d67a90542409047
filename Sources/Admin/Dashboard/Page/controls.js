// What may be changed with a token: weights with what they mean, rollback, freeze. Each goes
// through the control API, which says what came of it.
import { h, percent, plain, rate, say, set, sum, tell } from "./tools.js";
import { said, t } from "./words.js";

const MOST = 1e6;
// As the API takes them: 90, 0.5, 33.33.
const WEIGHT = /^(0|[1-9]\d*)(\.\d{1,2})?$/;

export class Controls {
  constructor(split, page) {
    this.name = split.name;
    this.page = page;
    this.members = Object.keys(split.weights);
    this.root = h("section", { class: "card controls" });
    this.isOpen = null;
  }

  update(split, now) {
    this.split = split;
    const isOpen = this.page.mayWrite ? "yes" : this.page.holder ? "reader"
      : now.controls ? "locked" : "none";
    if (isOpen !== this.isOpen) {
      this.isOpen = isOpen;
      if (isOpen === "yes") this.build(split);
      else this.buildLocked(isOpen);
    }
    if (isOpen !== "yes") return;
    // What is in force since a generation is not so any more after the next one.
    if (this.told && split.generation > this.told) {
      this.told = null;
      tell(this.result, "");
    }
    if (!this.isTouched) this.fill(split);
    this.preview();
    const isFrozen = split.freeze.mode !== "off";
    if (this.freezeButton) say(this.freezeButton, t(isFrozen ? "unfreeze" : "freeze"));
    this.freezeRow.hidden = !split.guards.length && !isFrozen;
  }

  buildLocked(isOpen) {
    const text = { none: "noTokensText", locked: "lockedText", reader: "readToken" }[isOpen];
    this.root.replaceChildren(h("h3", {}, t("controls")), h("p", { class: "quiet" }, t(text)),
      ...(isOpen === "none" ? [] : [h("button", { type: "button",
        onclick: () => this.page.unlock() }, t("unlock"))]));
    this.root.dataset.state = "locked";
  }

  build(split) {
    this.root.dataset.state = "open";
    this.isTouched = false;
    // A text, not a number: of what is no number a number field says nothing at all, and a wheel
    // that turns over it changes it.
    this.fault = h("p", { class: "result bad fault", id: `fault-${this.name}`, role: "status" });
    this.inputs = this.members.map((name) => h("input", {
      type: "text", role: "spinbutton", class: "weight", inputmode: "decimal", required: true,
      "aria-valuemin": 0, "aria-valuemax": MOST, autocomplete: "off", spellcheck: "false",
      id: `weight-${this.name}-${name}`, name, oninput: () => this.touch(),
      onkeydown: (event) => this.turn(event),
    }));
    const candidate = split.candidate ?? this.members[1];
    if (this.members.length === 2) {
      this.slider = h("input", { type: "range", min: 0, max: 100, step: 1,
        id: `slider-${this.name}`, oninput: () => this.slide() });
    }
    this.previews = this.members.map(() => ({ share: change(), rate: change() }));
    this.reason = h("input", { type: "text", maxlength: 1000, id: `reason-${this.name}`,
      name: "reason", autocomplete: "off" });
    this.apply = h("button", { type: "submit", class: "primary" }, t("setWeights"));
    this.result = h("div", { class: "result", role: "status", "aria-live": "polite" });
    this.freezeButton = h("button", { type: "button", onclick: () => this.freeze() });
    this.freezeRow = h("span", {}, this.freezeButton);
    this.root.replaceChildren(h("h3", {}, t("controls")),
      h("form", { onsubmit: (event) => this.submit(event), novalidate: true },
        this.slider ? h("label", { class: "slide", for: this.slider.id },
          h("span", {}, t("candidateShare", { name: candidate })), this.slider) : null,
        h("table", { class: "numbers" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("upstream")),
            h("th", { scope: "col" }, t("weight")), h("th", { scope: "col" }, t("previewShare")),
            h("th", { scope: "col" }, t(this.page.wordOfRate(split))))),
          h("tbody", {}, this.members.map((name, index) => h("tr", {},
            h("th", { scope: "row" }, h("label", { for: this.inputs[index].id }, name)),
            h("td", {}, this.inputs[index]), this.previews[index].share,
            this.previews[index].rate)))),
        this.fault,
        h("label", { class: "reason", for: this.reason.id }, h("span", {}, t("reasonLabel")),
          this.reason),
        h("p", { class: "buttons" }, this.apply,
          h("button", { type: "button", class: "danger", onclick: () => this.rollBack() },
            t("rollBack")), this.freezeRow)),
      this.result);
  }

  // What is set now, as long as nobody has begun to write something else.
  fill(split) {
    this.members.forEach((name, index) => {
      const text = String(split.weights[name]);
      if (this.inputs[index].value !== text) this.inputs[index].value = text;
    });
    this.moveSlider();
    this.generation = split.generation;
  }

  touch() {
    this.isTouched = true;
    this.moveSlider();
    this.preview();
  }

  // The arrow keys count in whole steps, as in a number field.
  turn(event) {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const value = weightOf(event.target.value);
    if (!step || !Number.isFinite(value)) return;
    event.preventDefault();
    const next = Math.min(MOST, Math.max(0, Math.round((value + step) * 100) / 100));
    event.target.value = next;
    this.page.hush();
    this.touch();
  }

  get candidateIndex() {
    return Math.max(0, this.members.indexOf(this.split.candidate ?? this.members[1]));
  }

  slide() {
    const value = Number(this.slider.value);
    this.inputs[this.candidateIndex].value = value;
    this.inputs[1 - this.candidateIndex].value = 100 - value;
    this.isTouched = true;
    this.preview();
  }

  moveSlider() {
    if (!this.slider) return;
    const weights = this.weights;
    const all = sum(weights);
    if (all > 0) this.slider.value = Math.round(weights[this.candidateIndex] / all * 100);
    this.slider.setAttribute("aria-valuetext",
      `${this.members[this.candidateIndex]}: ${this.slider.value} %`);
  }

  // NaN where a field holds no weight.
  get weights() { return this.inputs.map((input) => weightOf(input.value)); }

  // What is wrong with what was written, and marks the fields that it is in.
  faultOf(weights) {
    const isWrong = weights.map((weight) => !Number.isFinite(weight));
    const isEmpty = !isWrong.includes(true) && sum(weights) === 0;
    this.inputs.forEach((input, index) => {
      const isBad = isWrong[index] || isEmpty;
      set(input, "aria-invalid", isBad ? "true" : null);
      set(input, "aria-describedby", isBad ? this.fault.id : null);
      set(input, "aria-valuenow", isWrong[index] ? null : weights[index]);
    });
    const names = this.members.filter((_, index) => isWrong[index]).join(", ");
    return names ? t("weightWanted", { name: names }) : isEmpty ? t("weightsEmpty") : "";
  }

  // What the weights mean: each member's share and requests, now and then.
  preview() {
    const weights = this.weights;
    const all = sum(weights);
    const lanes = this.members.map((name) =>
      this.split.lanes.find((lane) => lane.upstream === name) ?? {});
    const total = sum(lanes.map((lane) => lane.requests_per_second ?? 0));
    const fault = this.faultOf(weights);
    const isSound = !fault;
    say(this.fault, fault);
    this.members.forEach((_, index) => {
      const { share, rate: speed } = this.previews[index];
      const before = lanes[index].set_ratio;
      const after = isSound ? weights[index] / all : NaN;
      const isSame = Math.abs(before - after) < 1e-9;
      sayChange(share, percent(before), isSame ? null : percent(after));
      sayChange(speed, rate(total * before), isSame ? null : rate(total * after));
      set(share.parentElement, "class", isSame ? null : "changed");
    });
    this.apply.disabled = !isSound || !this.isTouched;
  }

  async submit(event) {
    event.preventDefault();
    if (this.apply.disabled) return;
    const values = this.weights;
    if (this.faultOf(values)) return;
    const weights = Object.fromEntries(this.members.map((name, index) => [name, values[index]]));
    await this.run(async () => {
      const answer = await this.page.feed.ask("PUT", this.path(), {
        weights, reason: this.reason.value, generation: this.generation,
      });
      this.told = answer.generation;
      return t("doneSet", { generation: answer.generation })
        + (answer.durable ? "" : t("notDurableDone"));
    });
  }

  async rollBack() {
    const { name, split } = this;
    const isSure = await this.page.confirm(t("rollBackTitle", { name }),
      t("rollBackText", { name, stable: split.stable }), t("rollBack"), "danger");
    if (!isSure) return;
    await this.run(async () => {
      const answer = await this.page.feed.ask("POST", this.path("/rollback"),
        { reason: this.reason.value });
      this.told = answer.generation;
      return t("doneRollback", { generation: answer.generation })
        + (answer.durable ? "" : t("notDurableDone"));
    });
  }

  async freeze() {
    const { name } = this;
    const isFrozen = this.split.freeze.mode !== "off";
    const isSure = await this.page.confirm(
      t(isFrozen ? "unfreezeTitle" : "freezeTitle", { name }),
      t(isFrozen ? "unfreezeText" : "freezeText"), t(isFrozen ? "unfreeze" : "freeze"), "primary");
    if (!isSure) return;
    await this.run(async () => {
      const reason = this.reason.value;
      await this.page.feed.ask(isFrozen ? "DELETE" : "PUT", this.path("/freeze"),
        isFrozen ? { reason } : { mode: "both", reason });
      return t(isFrozen ? "doneUnfreeze" : "doneFreeze");
    });
  }

  path(rest = "") { return `v1/splits/${encodeURIComponent(this.name)}${rest}`; }

  async run(work) {
    this.page.hush();
    tell(this.result, t("working"));
    try {
      const text = await work();
      this.page.hush();
      tell(this.result, text, "good");
      this.isTouched = false;
      this.reason.value = "";
    } catch (error) {
      if (error.status === 412) this.isTouched = false;
      const { text, details } = refusal(error);
      tell(this.result, text, "bad", details);
      this.page.refused(error);
    }
  }
}

// What can be done here about a refusal: a force is for the command line only.
function refusal(error) {
  const text = error.message;
  if (error.status === 412) return { text: t("changedMeanwhile") };
  if (!text.includes("--force")) return { text: plain(said(text)) };
  return { text: t(text.startsWith("the rollout") ? "refusedRollout" : "refusedLatch"),
    details: text };
}

// A cell for what is and what would be; a line may end between them only.
function change() { return h("td", {}, h("span"), " ", h("span")); }

function sayChange(cell, before, after) {
  say(cell.firstChild, after === null ? before : `${before} →`);
  say(cell.lastChild, after ?? "");
}

// NaN where a text is no weight. Full-width digits are digits.
function weightOf(text) {
  const plainText = text.normalize("NFKC").trim();
  const value = WEIGHT.test(plainText) ? Number(plainText) : NaN;
  return value <= MOST ? value : NaN;
}
