/** An execution provider of ONNX Runtime that a device may run on. */
export type ProviderKind = 'cpu' | 'cuda' | 'webgpu';

/** Whether a provider works on this machine, found out by trying. */
export type ProviderState =
  | { readonly usable: true }
  | {
      readonly usable: false;
      /** File names of the shared libraries that are not there; empty where it is something else. */
      readonly missing: readonly string[];
      /** One sentence without a full stop. */
      readonly why: string;
      /** How to get what is missing. */
      readonly fix: string;
    };
