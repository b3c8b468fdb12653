// What surrounds the client: chance by seed, a clock that is moved, locks, tabs that die, a network that fails.

/** mulberry32. @param {number} seed */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (most) => Math.floor(next() * most),
    is: (share) => next() < share,
    pick: (list) => list[Math.floor(next() * list.length)],
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)),
    weighted(table) {
      const total = Object.values(table).reduce((sum, weight) => sum + weight, 0);
      let left = next() * total;
      for (const [name, weight] of Object.entries(table)) if ((left -= weight) < 0) return name;
      return Object.keys(table)[0];
    },
  };
}

/** True time, and what the phone's clock shows of it. */
export class Time {
  now;
  skew = 0;

  constructor(now) {
    this.now = now;
    this.begun = now;
  }

  forward(ms) {
    this.now += ms;
  }

  clock() {
    const opened = this.now;
    return { wall: () => this.now + this.skew, mono: () => this.now - opened, zone: () => "Asia/Shanghai" };
  }
}

/** `navigator.locks`, which a dead tab holds no longer. */
export class Locks {
  #held = null;
  #queue = [];

  for(tab) {
    return (name, work) =>
      new Promise((resolve, reject) => {
        this.#queue.push({ tab, run: () => work().then(resolve, reject) });
        this.#next();
      });
  }

  #next() {
    if (this.#held || !this.#queue.length) return;
    const one = this.#queue.shift();
    this.#held = one;
    const release = () => {
      if (this.#held === one) {
        this.#held = null;
        this.#next();
      }
    };
    one.run().then(release, release);
  }

  died(tab) {
    this.#queue = this.#queue.filter((one) => one.tab !== tab);
    if (this.#held?.tab === tab) {
      this.#held = null;
      this.#next();
    }
  }
}

/** A tab that can die at any await: nothing that it waits for comes back then. */
export class Tab {
  dead = false;
  #left = Infinity;
  #die;

  constructor() {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  /** Let it die at the `steps`-th await from now. */
  crashIn(steps) {
    this.#left = steps;
  }

  kill() {
    this.dead = true;
    this.#die("died");
  }

  async step() {
    if (!this.dead && --this.#left < 0) this.kill();
    if (this.dead) await new Promise(() => {});
  }
}

const OURS = { "x-field-sync": "1" };
const NOWHERE = new TypeError("network");

/** The way to the server; `faults` is how often something goes wrong. */
export class Network {
  faults = 0;
  isUp = true;
  carriesFiles = true;
  late = [];

  constructor({ by, time, serve, stats }) {
    Object.assign(this, { by, time, serve, stats });
  }

  /** What a tab is given as its transport. */
  for(tab) {
    return {
      send: async (request) => {
        await tab.step();
        const answer = await this.#send({ ...request }, tab);
        await tab.step();
        return answer;
      },
    };
  }

  async #send(request, tab) {
    this.time.forward(20 + this.by.below(200));
    if (!this.isUp || (!this.carriesFiles && request.path.includes("/attachments/"))) throw NOWHERE;
    if (this.late.length && this.by.is(0.3)) await this.serve(this.late.shift());
    if (!this.by.is(this.faults)) return this.serve(request);
    const kind = this.by.weighted({
      request_lost: 4, reply_lost: 5, duplicated: 4, reordered: 4, cut_reply: 3, cut_request: 2, captive: 4, captive_clever: 2,
      unauthorized: 1, too_large: 3, too_many: 2, fault: 3, unavailable: 2, crash: 3, damaged: 2,
    });
    this.stats[kind] = (this.stats[kind] ?? 0) + 1;
    return this[kind](request, tab);
  }

  request_lost() {
    throw NOWHERE;
  }

  async reply_lost(request) {
    await this.serve(request);
    throw NOWHERE;
  }

  async duplicated(request) {
    const [first, second] = await Promise.all([this.serve(request), this.serve(request)]);
    return this.by.is(0.5) ? first : second;
  }

  reordered(request) {
    this.late.push(request);
    throw NOWHERE;
  }

  async cut_reply(request) {
    const answer = await this.serve(request);
    return { ...answer, text: answer.text.slice(0, this.by.below(answer.text.length + 1)) };
  }

  cut_request(request) {
    // A chunk that is cut is a smaller chunk: a proxy that does so breaks HTTP, and the hash finds it.
    return this.serve(request.body ? { ...request, body: request.body.slice(0, this.by.below(request.body.length)) } : request);
  }

  captive() {
    return { status: 200, headers: { "content-type": "text/html" }, text: "<html>请登录</html>" };
  }

  /** The worst of portals: it answers as if it were ours, but for the header. */
  captive_clever(request) {
    const ops = request.path.endsWith("/ops") ? JSON.parse(new TextDecoder().decode(request.body)).operations : [];
    const outcomes = ops.map(({ op_id }) => ({ op_id, outcome: "applied", code: "", message: "", rev: 1, replayed: false }));
    return { status: 200, headers: {}, text: JSON.stringify({ outcomes, max_seq: 0, now: new Date(this.time.now).toISOString(), is_verified: true, packets: [], scope: [], cursor: "9.2026-01-01" }) };
  }

  unauthorized() {
    return { status: 401, headers: this.by.is(0.5) ? OURS : {}, text: "{}" };
  }

  too_large() {
    return { status: 413, headers: OURS, text: "{}" };
  }

  too_many() {
    return { status: 429, headers: { ...OURS, "retry-after": String(this.by.below(120)) }, text: "{}" };
  }

  fault() {
    return { status: 500, headers: this.by.is(0.5) ? OURS : {}, text: "oops" };
  }

  unavailable() {
    return { status: 503, headers: { ...OURS, "retry-after": "30" }, text: "{}" };
  }

  async crash(request, tab) {
    const answer = this.by.is(0.5) ? await this.serve(request) : null;
    tab.kill();
    return answer;
  }

  /** A chunk that arrives changed. */
  damaged(request) {
    if (request.method !== "PUT" || !request.body.length) return this.serve(request);
    const body = Uint8Array.from(request.body);
    body[this.by.below(body.length)] ^= 1;
    return this.serve({ ...request, body });
  }
}
