/** One line about to be logged, as far as its limit goes. */
export interface LimitedLine {
  /** What it is about: an event's kind, or its message and code. Lines of one kind share a limit. */
  readonly kind: string;
  /** The camera, device, peer... it is about, which has a smaller limit of its own. */
  readonly subject: string | undefined;
  /** pino's number: 30 info, 40 warn, 50 error. */
  readonly level: number;
}

/** What was not logged of one kind in a window that has ended. */
export interface Suppressed {
  readonly kind: string;
  readonly lines: number;
  /** The highest of theirs. */
  readonly level: number;
}

export interface LogLimitRules {
  readonly windowMs: number;
  /** Lines of one kind in a window. */
  readonly perKindMax: number;
  /** Lines of one kind about one subject in a window. */
  readonly perSubjectMax: number;
  /** Kinds told apart; what comes beyond is one kind. Messages are constants, so there are few. */
  readonly kindsMax: number;
  /** Subjects of one kind told apart; what comes beyond is limited with its kind alone. */
  readonly subjectsMax: number;
}

export const LOG_LIMITS: LogLimitRules = {
  windowMs: 10_000,
  perKindMax: 20,
  perSubjectMax: 3,
  kindsMax: 256,
  subjectsMax: 64,
};

interface Window {
  readonly beganMs: number;
  passed: number;
  suppressed: number;
  level: number;
  readonly subjects: Map<string, number>;
}

const OTHERS = 'other lines';

/**
 * Decides which lines are written. Each kind has a window that begins with its first line; what is too much in it is
 * counted, and told in one line when the window ends. Asks for no time and owns no timer: whoever does calls
 * {@link ended}. Bounded memory.
 */
export class LogLimit {
  readonly #rules: LogLimitRules;
  readonly #windows = new Map<string, Window>();

  constructor(rules: LogLimitRules = LOG_LIMITS) {
    this.#rules = rules;
  }

  /** @returns whether to write this line */
  admit(line: LimitedLine, nowMs: number): boolean {
    const { perKindMax, perSubjectMax, subjectsMax } = this.#rules;
    const window = this.#window(line.kind, nowMs);
    const { subjects } = window;
    const told = line.subject === undefined ? 0 : (subjects.get(line.subject) ?? 0);
    if (window.passed >= perKindMax || told >= perSubjectMax) {
      window.suppressed++;
      window.level = Math.max(window.level, line.level);
      return false;
    }
    window.passed++;
    if (line.subject !== undefined && (subjects.has(line.subject) || subjects.size < subjectsMax)) {
      subjects.set(line.subject, told + 1);
    }
    return true;
  }

  /** What was suppressed in windows that have ended by now; they are over. */
  ended(nowMs: number): Suppressed[] {
    return this.#close((window) => this.#isOver(window, nowMs));
  }

  /** What was suppressed so far: nothing more is coming. */
  all(): Suppressed[] {
    return this.#close(() => true);
  }

  /** When the first window ends in which something was suppressed; `undefined` where nothing was. */
  get endsAtMs(): number | undefined {
    let first: number | undefined;
    for (const { beganMs, suppressed } of this.#windows.values()) {
      if (suppressed > 0) first = Math.min(first ?? Number.POSITIVE_INFINITY, beganMs + this.#rules.windowMs);
    }
    return first;
  }

  #window(wanted: string, nowMs: number): Window {
    const kind = this.#windows.has(wanted) || this.#windows.size < this.#rules.kindsMax ? wanted : OTHERS;
    const known = this.#windows.get(kind);
    if (known !== undefined && !this.#isOver(known, nowMs)) return known;
    // One that is over and has something to tell is told by `ended`, which its owner calls first.
    const fresh: Window = { beganMs: nowMs, passed: 0, suppressed: 0, level: 0, subjects: new Map() };
    this.#windows.set(kind, fresh);
    return fresh;
  }

  #close(isOver: (window: Window) => boolean): Suppressed[] {
    const told: Suppressed[] = [];
    for (const [kind, window] of this.#windows) {
      if (!isOver(window)) continue;
      this.#windows.delete(kind);
      if (window.suppressed > 0) told.push({ kind, lines: window.suppressed, level: window.level });
    }
    return told;
  }

  #isOver({ beganMs }: Window, nowMs: number): boolean {
    return nowMs - beganMs >= this.#rules.windowMs;
  }
}
