import type { DeviceFault } from './port.ts';

/** What a device thread is born with. */
export interface ThreadData {
  /** One Int32: 1 while native code runs. */
  readonly inNative: SharedArrayBuffer;
}

/** What the main thread asks of a device thread. */
export type ThreadRequest =
  | {
      readonly kind: 'load';
      readonly path: string;
      readonly inputName: string;
      readonly outputName: string;
      readonly inputSize: number;
      readonly executionProviders: readonly string[];
      /** Threads of one run, 1 or more. */
      readonly threads: number;
      /** Whether those threads spin between operators, which is faster alone and slower in company. */
      readonly spin: boolean;
    }
  /** Runs `count` empty frames twice: once to have memory planned for the shape, once for the clock. */
  | { readonly kind: 'warm'; readonly count: number }
  | { readonly kind: 'run'; readonly count: number; readonly pixels: ArrayBuffer }
  | { readonly kind: 'fault'; readonly fault: DeviceFault };

export type ThreadAnswer =
  | { readonly kind: 'armed' }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'warmed'; readonly computeMs: number }
  | {
      readonly kind: 'ran';
      readonly boxes: ArrayBuffer;
      readonly pixels: ArrayBuffer;
      readonly computeMs: number;
      /** Wall time of the run's start on a scale both threads share (`performance.timeOrigin` + now), ms. */
      readonly startedAtMs: number;
    };
