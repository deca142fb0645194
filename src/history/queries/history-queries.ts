import type { Clock } from '../../../core/clock.ts';
import { errorCode } from '../../../core/errors.ts';
import type { HistoryReads } from '../port.ts';
import type { HistoryDb } from '../tables.ts';
import { alertPage } from './alert-pages.ts';
import { AnswerCache, type CacheCounters, type Scope } from './answer-cache.ts';
import { isClosed, readVersions } from './day-versions.ts';
import { eventPage } from './event-pages.ts';
import { measurePage } from './measure-pages.ts';
import { type ParsedRequest, parseRequest } from './parse-query.ts';
import { type HistoryQuery, type PageRequest, queryShape } from './query.ts';
import { HISTORY_RESOURCES, type HistoryResource } from './resources.ts';
import { LEVELS } from './roll-up-plan.ts';
import type { Page } from './rows.ts';

export interface HistoryQueriesOptions {
  readonly reads: HistoryReads;
  readonly clock: Clock;
  /** `history.cacheEntries`. */
  readonly cacheEntries: number;
  /** `history.cacheMs`. */
  readonly cacheMs: number;
}

export interface QueryOptions {
  /** Neither from the cache nor from a replica: the answer has all that was written before it was asked for. */
  readonly fresh?: boolean;
  /** Do not keep the answer: a long listing would push out what many ask for. */
  readonly passing?: boolean;
}

export interface QueryCounters {
  /** Pages asked for, by resource. */
  readonly asked: Readonly<Record<HistoryResource, number>>;
  /** Pages that could not be given, by the error's code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly cache: Readonly<CacheCounters>;
  readonly cacheEntries: number;
}

/** Answers questions about the history, page by page. Reads only. */
export class HistoryQueries {
  readonly #reads: HistoryReads;
  readonly #clock: Clock;
  readonly #cache: AnswerCache;
  readonly #asked = Object.fromEntries(HISTORY_RESOURCES.map((name) => [name, 0])) as Record<HistoryResource, number>;
  readonly #failed = new Map<string, number>();
  readonly #stopListening: () => void;

  constructor({ reads, clock, cacheEntries, cacheMs }: HistoryQueriesOptions) {
    this.#reads = reads;
    this.#clock = clock;
    this.#cache = new AnswerCache({ clock, entriesMax: cacheEntries, cacheMs });
    this.#stopListening = reads.onWritten(({ tables, fromMs, toMs }) => this.#cache.invalidate(tables, fromMs, toMs));
  }

  /** The wall clock that relative moments are counted from. */
  nowMs(): number {
    return this.#clock.wallMs();
  }

  /** What a query string asks, see {@link parseRequest}. @throws BadQueryError, and counts it */
  parse(resource: HistoryResource, params: URLSearchParams, accept = ''): ParsedRequest {
    try {
      return parseRequest(resource, params, this.nowMs(), accept);
    } catch (error) {
      throw this.#counted(error);
    }
  }

  /**
   * One page of the answer. Rejects with a BadQueryError for a cursor of another query, and with what
   * {@link HistoryReads.run} rejects with.
   */
  async page(query: HistoryQuery, page: PageRequest, { fresh, passing }: QueryOptions = {}): Promise<Page> {
    this.#asked[query.resource]++;
    try {
      if (fresh === true) return await this.#reads.run((db) => this.#read(db, query, page), { primary: true });
      if (passing === true) return await this.#reads.run((db) => this.#read(db, query, page));
      return await this.#cached(query, page);
    } catch (error) {
      throw this.#counted(error);
    }
  }

  #counted(error: unknown): unknown {
    const code = errorCode(error);
    this.#failed.set(code, (this.#failed.get(code) ?? 0) + 1);
    return error;
  }

  #cached(query: HistoryQuery, page: PageRequest): Promise<Page> {
    const scope = scopeOf(query);
    const { fromMs, toMs } = scope;
    return this.#cache.get(
      `${queryShape(query)} ${page.limit} ${page.after ?? ''}`,
      scope,
      () =>
        this.#reads.run(async (db) => {
          // Versions first: rows written between the two belong to the next version, and are seen or not.
          const versions =
            Number.isFinite(fromMs) && isClosed(toMs, this.#clock.wallMs())
              ? await readVersions(db, fromMs, toMs)
              : undefined;
          return { page: await this.#read(db, query, page), versions };
        }),
      async (versions) => {
        const now = await this.#reads.run((db) => readVersions(db, versions.fromMs, versions.toMs));
        return now?.text === versions.text;
      },
    );
  }

  #read(db: HistoryDb, query: HistoryQuery, page: PageRequest): Promise<Page> {
    switch (query.resource) {
      case 'events':
        return eventPage(db, query, page);
      case 'alerts':
        return alertPage(db, query, page);
      default:
        return measurePage(db, query, page, this.#clock.wallMs());
    }
  }

  counters(): QueryCounters {
    return {
      asked: { ...this.#asked },
      failed: Object.fromEntries(this.#failed),
      cache: { ...this.#cache.counters },
      cacheEntries: this.#cache.size,
    };
  }

  close(): void {
    this.#stopListening();
  }
}

/** Tables by resource: a row written to one of them may change the answer. */
function scopeOf(query: HistoryQuery): Scope {
  if ('edges' in query) {
    const { edges } = query;
    const tables = LEVELS.flatMap((level) => [`measures_${level}`, `coverage_${level}`]);
    return { tables, fromMs: edges[0] ?? 0, toMs: edges.at(-1) ?? 0 };
  }
  const { resource, fromMs, toMs } = query;
  return { tables: [resource], fromMs: fromMs ?? -Infinity, toMs: toMs ?? Infinity };
}
