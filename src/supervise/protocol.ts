/**
 * What a node process says to the parent that `camshard up` is, over Node's IPC channel. The other way there are only
 * SIGTERM, the closing of the channel, and in the end SIGKILL.
 */
export type ChildMessage =
  /** The node serves at `url`. */
  | { readonly kind: 'ready'; readonly url: string }
  /** The node cannot start, or cannot go on (no device is left); it is about to end, or must be made to. */
  | { readonly kind: 'fatal'; readonly code: string; readonly message: string }
  /** The node's main loop turns; said each second once it is ready. */
  | { readonly kind: 'alive' };

/** Checks what came over the channel; `undefined` for anything else. */
export function parseChildMessage(message: unknown): ChildMessage | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined;
  const m = message as Record<string, unknown>;
  if (m.kind === 'alive') return { kind: 'alive' };
  if (m.kind === 'ready' && typeof m.url === 'string') return { kind: 'ready', url: m.url };
  if (m.kind === 'fatal' && typeof m.code === 'string' && typeof m.message === 'string') {
    return { kind: 'fatal', code: m.code, message: m.message };
  }
  return undefined;
}
