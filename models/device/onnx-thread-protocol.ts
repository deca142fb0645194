import type { DeviceFault } from './port.ts';

/** What a device thread is born with. */
export interface ThreadData {
  /** One Int32: 1 while native code runs. */
  readonly inNative: SharedArrayBuffer;
}

/** One entry of ONNX Runtime's `executionProviders`: a name, or a name with that provider's settings. */
export type ProviderEntry = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

/** Faults that happen in the thread; the others happen to the process, or before the thread is asked. */
export type ThreadFault = Exclude<DeviceFault, { kind: 'crash' | 'start_fails' }>;

/** What the main thread asks of a device thread. Requests are handled one after the other, in the order given. */
export type ThreadRequest =
  /** Makes the session of one input size. */
  | {
      readonly kind: 'load';
      readonly path: string;
      readonly inputName: string;
      readonly outputName: string;
      readonly inputSize: number;
      readonly executionProviders: readonly ProviderEntry[];
      /** Threads of one run, 1 or more. */
      readonly threads: number;
      /** Whether those threads spin between operators, which is faster alone and slower in company. */
      readonly spin: boolean;
    }
  /** Ends all sessions, and gives back what their arenas hold. */
  | { readonly kind: 'unload' }
  /** Runs `count` empty frames twice: once to have memory planned for the shape, once for the clock. */
  | { readonly kind: 'warm'; readonly inputSize: number; readonly count: number }
  /** The frames lie in `pixels` from `byteOffset` on. */
  | {
      readonly kind: 'run';
      readonly inputSize: number;
      readonly count: number;
      readonly pixels: ArrayBuffer;
      readonly byteOffset: number;
    }
  | { readonly kind: 'fault'; readonly fault: ThreadFault };

export type ThreadAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'warmed'; readonly computeMs: number }
  | {
      readonly kind: 'ran';
      readonly boxes: ArrayBuffer;
      readonly pixels: ArrayBuffer;
      readonly computeMs: number;
      /** Wall time of the run's start on a scale both threads share (`performance.timeOrigin` + now), ms. */
      readonly startedAtMs: number;
    }
  /** To `warm` and `run`; the sessions can still be used. Warming has no pixels to give back: an empty buffer. */
  | { readonly kind: 'out_of_memory'; readonly pixels: ArrayBuffer; readonly message: string };
