// What comes from Sluice: the last hour once, then a second at a time. It survives restarts of
// Sluice, and keeps what it has seen of the time before.
const HOUR = 3600;
const COLUMNS = ["routed", "requests", "service", "serviceFailed", "kong", "sluice", "unknown",
  "attempts", "p50", "p95", "p99", "set", "effective"];
// A second without news may be a slow one; a connection without any for so long is none.
const STALE = 3500;
const DEAD = 10000;
const LOCKED = 60000;

export class Feed {
  constructor() {
    this.times = [];
    this.lanes = new Map();
    this.events = [];
    this.now = null;
    this.last = -1;
    this.boot = null;
    this.heardAt = 0;
    this.token = null;
    this.fault = null;
    this.listeners = [];
  }

  onNews(listener) { this.listeners.push(listener); }

  get isStale() { return !this.heardAt || performance.now() - this.heardAt > STALE; }

  get silentSeconds() { return (performance.now() - this.heardAt) / 1000; }

  // One exchange with the control API. A refusal is an error with its text.
  async ask(method, path, body) {
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    if (body?.generation !== undefined) {
      headers["If-Match"] = `"${body.generation}"`;
      delete body.generation;
    }
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, {
      method, headers, body: body ? JSON.stringify(body) : undefined, cache: "no-store",
    });
    const value = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const error = new Error(value.error ?? `${answer.status} ${answer.statusText}`);
      error.status = answer.status;
      throw error;
    }
    return value;
  }

  async run() {
    for (let wait = 500; ; wait = Math.min(wait * 2, 5000)) {
      const began = performance.now();
      try {
        await this.listen();
        this.fault = "end";
      } catch (error) {
        this.fault = error.status === 401 ? "token" : error.status === 503 ? "full" : "gone";
      }
      this.tell();
      if (performance.now() - began > 5000) wait = 500;
      await new Promise((resume) => {
        this.hurry = resume;
        // Without a right token nothing changes but by hand.
        setTimeout(resume, this.fault === "token" ? LOCKED : wait);
      });
    }
  }

  // Begins anew at once, with the token of this moment.
  restart() {
    this.fault = null;
    this.abort?.abort();
    this.hurry?.();
  }

  async listen() {
    const abort = new AbortController();
    this.abort = abort;
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    let watchdog = setTimeout(() => abort.abort(), DEAD);
    try {
      const answer = await fetch("v1/dashboard/stream", {
        headers, cache: "no-store", signal: abort.signal,
      });
      if (!answer.ok) {
        const error = new Error(String(answer.status));
        error.status = answer.status;
        throw error;
      }
      let isFirst = true;
      for await (const text of events(answer.body)) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), DEAD);
        const now = JSON.parse(text);
        this.heardAt = performance.now();
        this.fault = null;
        const isBehind = now.boot !== this.boot || (now.second?.number ?? -1) > this.last + 1;
        if (isFirst || isBehind) await this.load();
        isFirst = false;
        this.take(now);
        this.tell();
      }
    } finally {
      clearTimeout(watchdog);
      abort.abort();
    }
  }

  // The last hour; what this page has seen before it stays.
  async load() {
    const { now, history, events } = await this.ask("GET", "v1/dashboard");
    const oldest = history.times[0] ?? Date.now();
    const kept = this.boot !== null && this.boot !== now.boot
      ? this.times.findLastIndex((time) => time < oldest) + 1 : 0;
    const lanes = new Map();
    for (const lane of history.lanes) {
      const key = laneKey(lane.split, lane.upstream);
      const before = this.lanes.get(key);
      const own = {};
      for (const column of COLUMNS) {
        const old = before ? before[column].slice(0, kept) : Array(kept).fill(-1);
        own[column] = old.concat(lane[column]);
      }
      lanes.set(key, own);
    }
    this.times = this.times.slice(0, kept).concat(history.times);
    this.lanes = lanes;
    this.last = history.first + history.times.length - 1;
    const earlier = this.boot === now.boot ? []
      : this.events.filter((event) => event.boot !== now.boot);
    this.events = earlier.concat(events.map((event) => ({ ...event, boot: now.boot })));
    this.boot = now.boot;
    this.trim();
    this.now = now;
  }

  take(now) {
    this.now = now;
    const second = now.second;
    if (second && second.number > this.last) {
      this.last = second.number;
      this.times.push(second.at);
      const seen = new Set();
      for (const lane of second.lanes) {
        const key = laneKey(lane.split, lane.upstream);
        seen.add(key);
        if (!this.lanes.has(key)) {
          const own = {};
          for (const column of COLUMNS) own[column] = Array(this.times.length - 1).fill(-1);
          this.lanes.set(key, own);
        }
        const own = this.lanes.get(key);
        for (const column of COLUMNS) own[column].push(lane[column]);
      }
      for (const [key, own] of this.lanes) {
        if (!seen.has(key)) for (const column of COLUMNS) own[column].push(-1);
      }
    }
    for (const event of now.events) {
      const isKnown = this.events.some((known) =>
        known.boot === now.boot && known.number === event.number);
      if (!isKnown) this.events.push({ ...event, boot: now.boot });
    }
    this.trim();
  }

  trim() {
    const begin = (this.times.at(-1) ?? 0) - HOUR * 1000;
    let excess = this.times.findIndex((time) => time >= begin);
    excess = Math.max(excess, this.times.length - HOUR, 0);
    if (excess > 0) {
      this.times.splice(0, excess);
      for (const own of this.lanes.values()) {
        for (const column of COLUMNS) own[column].splice(0, excess);
      }
    }
    this.events = this.events.filter((event) => event.at >= begin)
      .sort((one, other) => one.at - other.at).slice(-500);
  }

  lane(split, upstream) { return this.lanes.get(laneKey(split, upstream)); }

  tell() { for (const listener of this.listeners) listener(this); }
}

function laneKey(split, upstream) { return JSON.stringify([split, upstream]); }

// The data of server-sent events. Ours are one line each.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      if (part.startsWith("data: ")) yield part.slice(6);
    }
  }
}
