/**
 * Operating faults. Each has a stable `code` that metrics, logs, the protocol and HTTP problem details carry, and is
 * logged once, where it is handled. Bugs are plain `Error`s and are never caught to carry on.
 */
export class CamshardError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A setting is wrong: says which key, what was given and what is allowed. */
export class ConfigError extends CamshardError {}
/** A model cannot be found, checked, imported or loaded. */
export class ModelError extends CamshardError {}
/** A device failed to start, to run a batch, or ended. */
export class DeviceError extends CamshardError {}
/** A frame is refused; `code` is the ledger's reject reason. */
export class FrameError extends CamshardError {}

/** The code of any thrown thing: its own where it has one. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return 'internal';
}

/** The message of any thrown thing. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
