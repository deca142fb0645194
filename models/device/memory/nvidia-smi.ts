import { execFile } from 'node:child_process';
import type { Clock } from '../../../core/clock.ts';
import { errorCode, errorMessage } from '../../../core/errors.ts';
import type { MemoryReading } from '../port.ts';
import type { MemoryReader } from './memory-reader.ts';
import { ownOf, type ProcessMemory } from './own-bytes.ts';
import { type CardName, sameBusId } from './visible-card.ts';

const MIB = 1024 ** 2;
/** It takes 20 to 500 ms; seconds where the driver must wake up first. */
const SMI_MS_MAX = 5_000;
/** Each reading starts two processes, so one serves all who ask within this time. */
const CACHE_MS = 1_000;

const GPU_QUERY = ['--query-gpu=index,uuid,pci.bus_id,memory.total,memory.used', '--format=csv,noheader,nounits'];
const APPS_QUERY = ['--query-compute-apps=gpu_uuid,pid,used_gpu_memory', '--format=csv,noheader,nounits'];

/** One line of `nvidia-smi --query-gpu=index,uuid,pci.bus_id,memory.total,memory.used`. */
export interface SmiCard {
  readonly index: number;
  readonly uuid: string;
  readonly busId: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** Cards in `--format=csv,noheader,nounits` text, which counts in MiB; lines that make no sense are left out. */
export function parseSmiCards(text: string): readonly SmiCard[] {
  return lines(text).flatMap(([index, uuid, busId, total, used]) => {
    const card = {
      index: Number(index),
      uuid: uuid ?? '',
      busId: busId ?? '',
      totalBytes: Number(total) * MIB,
      usedBytes: Number(used) * MIB,
    };
    const sane = Number.isInteger(card.index) && card.totalBytes > 0 && card.usedBytes >= 0;
    return sane ? [card] : [];
  });
}

/** Processes on the card `uuid` in `--query-compute-apps=gpu_uuid,pid,used_gpu_memory` text. */
export function parseSmiProcesses(text: string, uuid: string): readonly ProcessMemory[] {
  return lines(text).flatMap(([card, pid, used]) => {
    if (card !== uuid || !Number.isInteger(Number(pid))) return [];
    // `[N/A]` and `[Insufficient Permissions]` are no numbers.
    const mib = used === undefined || used === '' ? Number.NaN : Number(used);
    return [{ pid: Number(pid), bytes: Number.isFinite(mib) ? mib * MIB : undefined }];
  });
}

/** The card meant, if it is among those listed. */
export function pickSmiCard(cards: readonly SmiCard[], name: CardName): SmiCard | undefined {
  switch (name.kind) {
    case 'index':
      return cards.find((card) => card.index === name.index);
    case 'uuid':
      return cards.find((card) => card.uuid.startsWith(name.uuid));
    case 'pci':
      return cards.find((card) => sameBusId(card.busId, name.busId));
  }
}

function lines(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((cell) => cell.trim()));
}

/** Runs `nvidia-smi` and resolves with what it printed. */
export type RunSmi = (args: readonly string[]) => Promise<string>;

/** Runs the real one, for at most 5 s. @throws Error saying why it did not work */
export const runSmi: RunSmi = (args) =>
  new Promise((done, failed) => {
    const options = { timeout: SMI_MS_MAX, killSignal: 'SIGKILL', maxBuffer: 1024 ** 2 } as const;
    execFile('nvidia-smi', [...args], options, (error, stdout) => {
      if (error === null) return done(stdout);
      if (errorCode(error) === 'ENOENT') return failed(new Error('nvidia-smi is not installed'));
      // It explains itself on stdout: "NVIDIA-SMI has failed because it couldn't communicate with ...".
      const said = stdout.trim().split('\n')[0] ?? '';
      failed(new Error(`nvidia-smi failed: ${said === '' ? errorMessage(error).split('\n')[0] : said}`));
    });
  });

/** One card's memory as `nvidia-smi` tells it: to the MiB, and up to a second old. */
export class SmiMemoryReader implements MemoryReader {
  readonly #card: CardName;
  readonly #clock: Clock;
  readonly #run: RunSmi;
  #last: { readonly atMs: number; readonly reading: Promise<MemoryReading | undefined> } | undefined;

  constructor(card: CardName, clock: Clock, run: RunSmi = runSmi) {
    this.#card = card;
    this.#clock = clock;
    this.#run = run;
  }

  read(): Promise<MemoryReading | undefined> {
    const nowMs = this.#clock.nowMs();
    if (this.#last === undefined || nowMs - this.#last.atMs >= CACHE_MS) {
      this.#last = { atMs: nowMs, reading: this.readNow().catch(() => undefined) };
    }
    return this.#last.reading;
  }

  /** @throws Error saying why there is nothing to read */
  async readNow(): Promise<MemoryReading> {
    const cards = parseSmiCards(await this.#run(GPU_QUERY));
    const card = pickSmiCard(cards, this.#card);
    if (card === undefined) throw new Error(`nvidia-smi lists ${cards.length} cards and not the one meant`);
    const processes = await this.#run(APPS_QUERY).then(
      (text) => parseSmiProcesses(text, card.uuid),
      () => undefined,
    );
    return {
      totalBytes: card.totalBytes,
      usedBytes: card.usedBytes,
      ownBytes: processes === undefined ? undefined : ownOf(processes),
    };
  }
}
