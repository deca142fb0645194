import { errorMessage } from '../../../core/errors.ts';
import type { MemoryReading } from '../port.ts';
import { cString } from './cuda-card.ts';
import type { MemoryReader } from './memory-reader.ts';
import { bindNvml, type NvmlLibrary } from './nvml-library.ts';
import { ownOf, type ProcessMemory } from './own-bytes.ts';
import type { CardName } from './visible-card.ts';

const SUCCESS = 0;
const INSUFFICIENT_SIZE = 7;
const PROCESS_BYTES = 24;
/** Processes on one card that are looked at; a node shares its card with a handful. */
const PROCESSES_MAX = 1_024;
/** NVML's word for "not known", e.g. on a card under Windows' driver model or without the rights. */
const NOT_AVAILABLE = 2n ** 64n - 1n;

export type NvmlOpened =
  | { readonly kind: 'open'; readonly reader: NvmlMemoryReader; readonly cards: number }
  | { readonly kind: 'unusable'; readonly why: string };

/**
 * Opens NVML for one card.
 * @param card which one; undefined is a card that CUDA is not shown
 */
export function openNvml(card: CardName | undefined, bind: () => NvmlLibrary = bindNvml): NvmlOpened {
  if (card === undefined) return { kind: 'unusable', why: 'CUDA_VISIBLE_DEVICES hides this card' };
  let nvml: NvmlLibrary;
  try {
    nvml = bind();
  } catch (error) {
    return { kind: 'unusable', why: `NVML cannot be loaded: ${errorMessage(error)}` };
  }
  const started = nvml.init();
  if (started !== SUCCESS) return { kind: 'unusable', why: `NVML does not start: ${nvml.errorText(started)}` };
  const handle = findCard(nvml, card);
  if (typeof handle === 'bigint') {
    return { kind: 'open', reader: new NvmlMemoryReader(nvml, handle), cards: cardCount(nvml) };
  }
  nvml.shutdown();
  return { kind: 'unusable', why: handle.why };
}

/** One card's memory through NVML. A reading is fresh each time. */
export class NvmlMemoryReader implements MemoryReader {
  readonly #nvml: NvmlLibrary;
  readonly #handle: bigint;
  #open = true;

  constructor(nvml: NvmlLibrary, handle: bigint) {
    this.#nvml = nvml;
    this.#handle = handle;
  }

  read(): Promise<MemoryReading | undefined> {
    if (!this.#open) return Promise.resolve(undefined);
    const memory = Buffer.alloc(24);
    if (this.#nvml.memory(this.#handle, memory) !== SUCCESS) return Promise.resolve(undefined);
    const processes = this.#processes();
    return Promise.resolve({
      totalBytes: Number(memory.readBigUInt64LE(0)),
      usedBytes: Number(memory.readBigUInt64LE(16)),
      ownBytes: processes === undefined ? undefined : ownOf(processes),
    });
  }

  /** Lets NVML go; readings are undefined from here on. */
  close(): void {
    if (this.#open) this.#nvml.shutdown();
    this.#open = false;
  }

  #processes(): ProcessMemory[] | undefined {
    const count = Buffer.alloc(4);
    // Others come and go between asking how many there are and asking for them, hence room for some more.
    for (let room = 32; room <= PROCESSES_MAX; room *= 2) {
      count.writeUInt32LE(room, 0);
      const table = Buffer.alloc(room * PROCESS_BYTES);
      const answer = this.#nvml.processes(this.#handle, count, table);
      if (answer === INSUFFICIENT_SIZE) continue;
      if (answer !== SUCCESS) return undefined;
      return Array.from({ length: Math.min(count.readUInt32LE(0), room) }, (_, i) => {
        const used = table.readBigUInt64LE(i * PROCESS_BYTES + 8);
        return {
          pid: table.readUInt32LE(i * PROCESS_BYTES),
          bytes: used === NOT_AVAILABLE ? undefined : Number(used),
        };
      });
    }
    return undefined;
  }
}

function findCard(nvml: NvmlLibrary, card: CardName): bigint | { readonly why: string } {
  const out = Buffer.alloc(8);
  if (card.kind === 'uuid') {
    if (nvml.handleByUuid(card.uuid, out) === SUCCESS) return out.readBigUInt64LE(0);
    for (let index = 0; index < cardCount(nvml); index++) {
      const uuid = Buffer.alloc(96);
      if (nvml.handleByIndex(index, out) !== SUCCESS) continue;
      const handle = out.readBigUInt64LE(0);
      // CUDA takes any unambiguous beginning of a UUID.
      if (nvml.uuid(handle, uuid, uuid.length) === SUCCESS && cString(uuid).startsWith(card.uuid)) return handle;
    }
    return { why: `NVML knows no card ${card.uuid}` };
  }
  const answer = card.kind === 'pci' ? nvml.handleByBusId(card.busId, out) : nvml.handleByIndex(card.index, out);
  if (answer === SUCCESS) return out.readBigUInt64LE(0);
  const name = card.kind === 'pci' ? `at ${card.busId}` : `${card.index}`;
  return { why: `NVML does not give card ${name}: ${nvml.errorText(answer)}` };
}

function cardCount(nvml: NvmlLibrary): number {
  const out = Buffer.alloc(4);
  return nvml.count(out) === SUCCESS ? out.readUInt32LE(0) : 0;
}
