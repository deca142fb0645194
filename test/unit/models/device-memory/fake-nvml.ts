import type { NvmlLibrary } from '../../../../models/device/memory/nvml-library.ts';

export interface FakeCard {
  readonly uuid: string;
  readonly busId: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly processes: readonly { readonly pid: number; readonly bytes: bigint }[];
}

/** NVML as a driver with these cards would answer; handles are 1000 + the card's number. */
export function fakeNvml(cards: readonly FakeCard[], answers: { readonly init?: number } = {}) {
  const state = { shutdowns: 0, processRooms: [] as number[] };
  const give = (out: Buffer, index: number): number => {
    if (cards[index] === undefined) return 6; // NVML_ERROR_NOT_FOUND
    out.writeBigUInt64LE(BigInt(1000 + index), 0);
    return 0;
  };
  const library: NvmlLibrary = {
    init: () => answers.init ?? 0,
    shutdown: () => {
      state.shutdowns++;
      return 0;
    },
    count: (out) => {
      out.writeUInt32LE(cards.length, 0);
      return 0;
    },
    handleByIndex: (index, out) => give(out, index),
    handleByBusId: (busId, out) =>
      give(
        out,
        cards.findIndex((card) => card.busId === busId),
      ),
    handleByUuid: (uuid, out) =>
      give(
        out,
        cards.findIndex((card) => card.uuid === uuid),
      ),
    uuid: (handle, out) => {
      out.write(`${cards[Number(handle) - 1000]?.uuid}\0`, 'latin1');
      return 0;
    },
    memory: (handle, out) => {
      const card = cards[Number(handle) - 1000];
      if (card === undefined) return 2;
      out.writeBigUInt64LE(BigInt(card.totalBytes), 0);
      out.writeBigUInt64LE(BigInt(card.totalBytes - card.usedBytes), 8);
      out.writeBigUInt64LE(BigInt(card.usedBytes), 16);
      return 0;
    },
    processes: (handle, count, out) => {
      const processes = cards[Number(handle) - 1000]?.processes ?? [];
      const room = count.readUInt32LE(0);
      state.processRooms.push(room);
      count.writeUInt32LE(processes.length, 0);
      if (processes.length > room) return 7; // NVML_ERROR_INSUFFICIENT_SIZE
      processes.forEach(({ pid, bytes }, i) => {
        out.writeUInt32LE(pid, i * 24);
        out.writeBigUInt64LE(bytes, i * 24 + 8);
      });
      return 0;
    },
    errorText: (code) => (code === 9 ? 'Driver Not Loaded' : `error ${code}`),
  };
  return { library, state };
}
