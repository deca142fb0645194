import { LRUCache } from 'lru-cache';
import type { Clock } from '../../../core/clock.ts';
import type { DayVersions } from './day-versions.ts';
import type { Page } from './rows.ts';

/** What a kept answer depends on. */
export interface Scope {
  readonly tables: readonly string[];
  /** ms since the Unix epoch; infinite where the question has no end. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AnswerCacheOptions {
  readonly clock: Clock;
  readonly entriesMax: number;
  /** How old an answer may be before the database is asked again whether it still holds. */
  readonly cacheMs: number;
  /** Bytes of all answers together, roughly. */
  readonly bytesMax?: number;
}

/** An answer and the versions of its days before it was read; undefined where days may still change unversioned. */
export interface Answer {
  readonly page: Page;
  readonly versions: DayVersions | undefined;
}

interface Kept extends Answer {
  readonly scope: Scope;
  /** On the monotonic clock: when it was last known to hold. */
  checkedMs: number;
}

const BYTES_MAX = 64 * 1024 * 1024;
/** Rough size of a row in memory: dozens of properties, of which most are numbers. */
const ROW_BYTES = 400;
const PAGE_BYTES = 1_000;

export interface CacheCounters {
  hits: number;
  /** Held by the versions of its days after `cacheMs`. */
  revalidated: number;
  misses: number;
  /** Waited for the same question, asked a moment earlier. */
  joined: number;
  invalidated: number;
}

/**
 * Answers to frequent queries. One is given for `cacheMs` without asking anybody. After that, where all of its days are
 * over, it is given for as long as their versions in the database stay the same (whoever writes to a past day raises its
 * version, on whatever node); else it is read anew. Equal questions at the same time are one.
 */
export class AnswerCache {
  readonly counters: CacheCounters = { hits: 0, revalidated: 0, misses: 0, joined: 0, invalidated: 0 };
  readonly #clock: Clock;
  readonly #cacheMs: number;
  readonly #kept: LRUCache<string, Kept> | undefined;
  /** Questions being asked, by key. */
  readonly #asking = new Map<string, Promise<Page>>();

  constructor({ clock, entriesMax, cacheMs, bytesMax = BYTES_MAX }: AnswerCacheOptions) {
    this.#clock = clock;
    this.#cacheMs = cacheMs;
    this.#kept =
      entriesMax === 0 || cacheMs === 0
        ? undefined
        : new LRUCache({
            max: entriesMax,
            maxSize: bytesMax,
            sizeCalculation: ({ page }, key) => PAGE_BYTES + key.length * 2 + page.rows.length * ROW_BYTES,
          });
  }

  get size(): number {
    return this.#kept?.size ?? 0;
  }

  /**
   * @param ask reads the answer
   * @param holds whether the days' versions are still those; asked only where the answer has versions
   */
  async get(
    key: string,
    scope: Scope,
    ask: () => Promise<Answer>,
    holds: (versions: DayVersions) => Promise<boolean>,
  ): Promise<Page> {
    const kept = this.#kept?.get(key);
    if (kept !== undefined && this.#clock.nowMs() - kept.checkedMs < this.#cacheMs) {
      this.counters.hits++;
      return kept.page;
    }
    const asking = this.#asking.get(key);
    if (asking !== undefined) {
      this.counters.joined++;
      return asking;
    }
    const started = this.#find(key, scope, kept, ask, holds).finally(() => this.#asking.delete(key));
    this.#asking.set(key, started);
    return started;
  }

  async #find(
    key: string,
    scope: Scope,
    kept: Kept | undefined,
    ask: () => Promise<Answer>,
    holds: (versions: DayVersions) => Promise<boolean>,
  ): Promise<Page> {
    const askedMs = this.#clock.nowMs();
    if (kept?.versions !== undefined && (await holds(kept.versions))) {
      kept.checkedMs = askedMs;
      this.counters.revalidated++;
      return kept.page;
    }
    this.counters.misses++;
    const answer = await ask();
    this.#kept?.set(key, { ...answer, scope, checkedMs: askedMs });
    return answer.page;
  }

  /**
   * Forgets answers about past days that this node has just written rows to, before anybody asks for versions. Answers
   * that touch the present stay for their `cacheMs`: on a node with cameras something is written all the time.
   */
  invalidate(tables: ReadonlySet<string>, fromMs: number, toMs: number): void {
    for (const [key, { scope, versions }] of this.#kept?.entries() ?? []) {
      if (versions === undefined || scope.toMs <= fromMs || scope.fromMs > toMs) continue;
      if (!scope.tables.some((table) => tables.has(table))) continue;
      this.#kept?.delete(key);
      this.counters.invalidated++;
    }
  }
}
