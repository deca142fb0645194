/**
 * What a node process says to the parent that `camshard up` is, over Node's IPC channel. The other way there are only
 * SIGTERM, the closing of the channel, and in the end SIGKILL.
 */
export type ChildMessage =
  /** The node serves at `url`. */
  | { readonly kind: 'ready'; readonly url: string }
  /** The node cannot start, or cannot go on (no device is left); it is about to end, or must be made to. */
  | { readonly kind: 'fatal'; readonly code: string; readonly message: string };

/** Checks what came over the channel; `undefined` for anything else. */
export function parseChildMessage(message: unknown): ChildMessage | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined;
  const m = message as Record<string, unknown>;
  if (m.kind === 'ready' && typeof m.url === 'string') return { kind: 'ready', url: m.url };
  if (m.kind === 'fatal' && typeof m.code === 'string' && typeof m.message === 'string') {
    return { kind: 'fatal', code: m.code, message: m.message };
  }
  return undefined;
}

export interface ParentLink {
  /** Whether there is a parent at all: the node may also be started by itself, in a container say. */
  readonly supervised: boolean;
  ready(url: string): void;
  /** Resolves when the parent has the message, so that the process may exit then. */
  fatal(code: string, message: string): Promise<void>;
}

/**
 * The node process's end of the channel.
 * @param orphaned called once when the parent has died: nobody would restart or stop this node any more, so it shuts
 * down and leaves the port to the next one
 */
export function linkToParent(orphaned: () => void): ParentLink {
  const send = (message: ChildMessage): Promise<void> =>
    new Promise((resolve) => {
      if (process.send === undefined || !process.connected) return resolve();
      process.send(message, undefined, undefined, () => resolve());
    });
  if (process.send !== undefined) process.once('disconnect', orphaned);
  return {
    supervised: process.send !== undefined,
    ready: (url) => void send({ kind: 'ready', url }),
    fatal: (code, message) => send({ kind: 'fatal', code, message }),
  };
}
