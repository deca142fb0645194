import { Cluster } from 'ioredis';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import { LOOK } from './cluster-scripts.ts';
import type { OpenRedis } from './open-redis.ts';
import { StoreWatch } from './store-watch.ts';

/** The store cannot be reached, did not answer in time, or has what it was given only where a failover would lose it. */
export class StoreUnavailableError extends CamshardError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('store_unavailable', message, options);
  }
}

export interface ScriptCall {
  readonly script: string;
  /** From `ARGV[2]` on. */
  readonly args: readonly string[];
  /** Kinds of answers after which a replica has to have it too, where there is one. */
  readonly confirm: readonly string[];
}

export interface ScriptReply {
  readonly kind: string;
  /** What follows the beginning common to all. */
  readonly rest: readonly unknown[];
  /** What has happened to the store since the answer before: its clock was set forward, or it is another server. */
  readonly store: 'same' | 'jumped' | 'another';
}

type Answer = Pick<ScriptReply, 'kind' | 'rest'>;

export interface StoreScriptsOptions {
  readonly redis: OpenRedis;
  readonly keys: readonly string[];
  /** For one call, redirections and waiting for a replica included. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Times a call follows a redirection: a script that was redirected has not run. */
const REDIRECTIONS_MAX = 3;
const REDIRECT_DELAY_MS = 20;
/** Of a call's time, what a replica gets to confirm; redirections and the call behind this one need the rest. */
const CONFIRM_SHARE = 0.25;

/**
 * Calls the scripts of cluster-scripts.ts: once, and never late. A call that fails may have been done; but what was not
 * done by its time-out will not be done any more, because the script looks at the server's clock itself. ioredis sends
 * commands whose promise has failed long before, from the queue of a connection that was not yet there, and a frozen
 * server does what it finds in its socket when it wakes.
 *
 * `WAIT` counts the replicas that have what was written on its own connection: it goes in one pipeline with the script,
 * which ioredis sends to the server of its first key.
 */
export class StoreScripts {
  readonly #o: StoreScriptsOptions;
  readonly #confirmMs: number;
  readonly #watch = new StoreWatch();
  /** Replicas to be waited for as of the last answer; `WAIT` on a server that has none would take all of its time. */
  #replicas: number | undefined;
  /** Seen in an answer that came too late, or that was no success: the next one tells of it. */
  #untold: ScriptReply['store'] = 'same';

  constructor(options: StoreScriptsOptions) {
    this.#o = options;
    this.#confirmMs = Math.max(1, Math.floor(options.timeoutMs * CONFIRM_SHARE));
  }

  /** @throws StoreUnavailableError at the latest after `timeoutMs` */
  async run(call: ScriptCall): Promise<ScriptReply> {
    const { redis } = this.#o;
    try {
      const { kind, rest } = await redis.calls.run(() => this.#inTime(call));
      const store = this.#untold;
      this.#untold = 'same';
      return { kind, rest, store };
    } catch (cause) {
      // Who serves the key may have changed; asked for again at once instead of at the next look.
      if (redis.client instanceof Cluster && redis.client.status === 'ready') redis.client.refreshSlotsCache();
      if (cause instanceof StoreUnavailableError) throw cause;
      throw new StoreUnavailableError(`redis: ${errorMessage(cause)}`, { cause });
    }
  }

  #inTime(call: ScriptCall): Promise<Answer> {
    const { clock, timeoutMs } = this.#o;
    return new Promise((resolve, reject) => {
      const open = new AbortController();
      const timer = clock.after(timeoutMs, () => {
        open.abort();
        reject(new StoreUnavailableError(`redis has not answered in ${timeoutMs} ms`));
      });
      this.#attempts(call, clock.nowMs() + timeoutMs, open.signal)
        .finally(() => timer.cancel())
        .then(resolve, reject);
    });
  }

  async #attempts(call: ScriptCall, endsAtMs: number, open: AbortSignal): Promise<Answer> {
    const { client } = this.#o.redis;
    for (let redirections = 0; ; redirections++) {
      try {
        if (this.#replicas === undefined) await this.#once({ script: LOOK, args: [], confirm: [] }, endsAtMs);
        if (open.aborted) throw new StoreUnavailableError('redis has answered too late');
        return await this.#once(call, endsAtMs);
      } catch (error) {
        const redirected = client instanceof Cluster && /^(MOVED|ASK|TRYAGAIN) /.test(errorMessage(error));
        if (!redirected || redirections === REDIRECTIONS_MAX || open.aborted) throw error;
        await new Promise<void>((resolve) => client.refreshSlotsCache(() => resolve()));
        await new Promise<void>((resolve) => this.#o.clock.after(REDIRECT_DELAY_MS, resolve));
        if (open.aborted) throw error;
      }
    }
  }

  async #once({ script, args, confirm }: ScriptCall, endsAtMs: number): Promise<Answer> {
    const { redis, keys, clock } = this.#o;
    // A cluster client queues what it is given before it knows the cluster.
    if (redis.client.status !== 'ready') throw new StoreUnavailableError(`redis is ${redis.client.status}`);
    const sentAtMs = clock.nowMs();
    const notAfter = this.#watch.storeMsAt(endsAtMs);
    const pipeline = redis.client.pipeline();
    pipeline.eval(script, keys.length, ...keys, notAfter === undefined ? '' : String(notAfter), ...args);
    const waited = confirm.length > 0 && this.#replicas !== undefined && this.#replicas > 0;
    if (waited) pipeline.wait(1, this.#confirmMs);
    const [done, confirmed] = (await pipeline.exec()) ?? [];
    if (done === undefined) throw new StoreUnavailableError('redis has aborted the script');
    if (done[0] !== null) throw done[0];
    const [kind, storeMs, history, waitFor, well, ...rest] = done[1] as [string, number, string, number, number];
    const seen = this.#watch.seen({ sentAtMs, receivedAtMs: clock.nowMs(), storeMs, history });
    if (seen !== 'same') this.#untold = seen;
    this.#replicas = waitFor;
    if (kind === 'late') throw new StoreUnavailableError('redis has got it too late, and has not done it');
    if (waited && confirm.includes(kind) && well > 0 && !(Number(confirmed?.[1]) > 0)) {
      throw new StoreUnavailableError(`no replica has confirmed it in ${this.#confirmMs} ms`, {
        cause: confirmed?.[0],
      });
    }
    return { kind, rest };
  }
}
