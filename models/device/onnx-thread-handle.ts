import { Piscina } from 'piscina';
import { BATCHES_IN_FLIGHT_MAX } from '../../config/limits.ts';
import { DeviceError } from '../../core/errors.ts';
import type { DeviceId } from '../../core/ids.ts';
import { compiledUrl } from './compiled-url.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './onnx-thread-protocol.ts';

/** A batch takes tens of milliseconds; one that is not back after this long never will be. */
const END_MS_MAX = 3_000;

interface Asked {
  /** Settles when the thread answers, or ends. */
  readonly answered: Promise<ThreadAnswer>;
  /** Tells the asker without waiting for the thread. */
  readonly reject: (reason: DeviceError) => void;
}

/** The main thread's end of a device thread, which Piscina hosts. */
export class OnnxThread {
  readonly #id: DeviceId;
  readonly #inNative = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #pool: Piscina;
  readonly #asked = new Set<Asked>();
  #ending: Promise<void> | undefined;

  constructor(id: DeviceId) {
    this.#id = id;
    // One thread, since one GPU runs one session; two tasks, so that the next batch lies in the thread's inbox when
    // the running one ends. `atomics` off: a thread blocked on shared memory between tasks hears no messages.
    this.#pool = new Piscina({
      filename: compiledUrl(import.meta.url, 'onnx-thread.js'),
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: BATCHES_IN_FLIGHT_MAX,
      maxQueue: BATCHES_IN_FLIGHT_MAX,
      atomics: 'disabled',
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: { inNative: this.#inNative } satisfies ThreadData,
    });
    // A thread's end reaches us as the rejection of its tasks; the pool's own event would end the process unheard.
    this.#pool.on('error', () => {});
  }

  /**
   * Requests are answered one after the other, in the order asked; it is handed over before this returns.
   * @throws DeviceError `device_closed` after {@link end}; whatever the thread threw
   */
  ask(request: ThreadRequest, transferList: ArrayBuffer[] = []): Promise<ThreadAnswer> {
    if (this.#ending !== undefined) return Promise.reject(this.#closed());
    return new Promise((resolve, reject) => {
      const answered = this.#pool.run(request, { transferList }) as Promise<ThreadAnswer>;
      const asked: Asked = { answered, reject };
      this.#asked.add(asked);
      answered.then(resolve, reject).finally(() => this.#asked.delete(asked));
    });
  }

  /** Resolves once all that was asked so far has been answered, however. */
  async quiet(): Promise<void> {
    await Promise.allSettled([...this.#asked].map((asked) => asked.answered));
  }

  /** Rejects all that is still asked, without waiting for the thread. */
  rejectAsked(reason: DeviceError): void {
    for (const asked of this.#asked) asked.reject(reason);
  }

  /**
   * Ends the thread once what runs on it has ended. One that hangs is terminated where it hangs in JavaScript; inside
   * native code it is left alone, since terminating it there takes the process with it (measured: `Napi::Error`,
   * abort). Should the call return after all, the thread is ended then; else its memory is gone until the process ends.
   * @throws DeviceError `device_abandoned`
   */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const quiet = this.quiet();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_MS_MAX);
      timer.unref();
    });
    await Promise.race([quiet, timeout]);
    clearTimeout(timer);
    if (Atomics.load(new Int32Array(this.#inNative), 0) === 1) {
      this.rejectAsked(this.#closed());
      quiet.then(() => this.#pool.destroy()).catch(() => {}); // nobody waits for it any more
      throw new DeviceError('device_abandoned', `${this.#id}: its thread hangs in native code`);
    }
    await this.#pool.destroy();
  }

  #closed(): DeviceError {
    return new DeviceError('device_closed', `${this.#id}: closed`);
  }
}
