// When to try again: 1 s to 300 s, doubled each time, with jitter; or when the server says (rule 10).
const LEAST = 1_000;
const MOST = 300_000;

export class Backoff {
  #failures = 0;
  #until = 0;
  #told = false;

  /** @param {{mono: () => number}} clock @param {(n: number) => Uint8Array} random */
  constructor(clock, random) {
    this.clock = clock;
    this.random = random;
  }

  /** How long to wait, in ms. */
  left() {
    return Math.max(0, this.#until - this.clock.mono());
  }

  /** Whether a call for this reason may go now. A person may always ask, other events unless the server said when. */
  allows(reason) {
    if (this.left() === 0 || reason === "button") return true;
    return reason !== "timer" && !this.#told;
  }

  worked() {
    this.#failures = 0;
    this.#until = 0;
    this.#told = false;
  }

  /** @param {number | null} after seconds that the server asked for */
  failed(after = null) {
    const most = Math.min(MOST, LEAST * 2 ** this.#failures);
    const [one, two] = this.random(2);
    const wait = most * (0.5 + (one * 256 + two) / 131_072);
    this.#failures = Math.min(this.#failures + 1, 20);
    this.#told = after !== null;
    this.#until = this.clock.mono() + Math.max(wait, (after ?? 0) * 1000);
  }
}
