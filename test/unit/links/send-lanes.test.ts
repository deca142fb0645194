import { describe, expect, it } from 'vitest';
import {
  decodePacket,
  encodeNumberPacket,
  encodePacket,
  PACKET,
  PIECE_BYTES_MAX,
} from '../../../src/links/link-packet.ts';
import { PROMPT_BYTES_MAX, SendLanes } from '../../../src/links/send-lanes.ts';

const packet = (id: number, bytes: number): Buffer => encodePacket(PACKET.tell, id, '0', new Uint8Array(bytes));

/** Ids in the order in which they go, one each time a packet does. */
function drain(lanes: SendLanes, max = Number.POSITIVE_INFINITY): number[] {
  const ids: number[] = [];
  while (ids.length < max) {
    const next = lanes.next();
    if (next === undefined) break;
    const read = decodePacket(next);
    ids.push(read.kind === 'bad' ? -1 : read.id);
  }
  return ids;
}

describe('what waits for the socket', () => {
  it('goes control first, then small ones, and the pieces of large ones last, taking turns', () => {
    const lanes = new SendLanes();
    lanes.put('x', packet(1, 2 * PIECE_BYTES_MAX), true);
    lanes.put('y', packet(2, 2 * PIECE_BYTES_MAX), true);
    lanes.put('z', packet(3, 10), true);
    lanes.putControl(encodeNumberPacket(PACKET.ping, 9, 0));
    expect(drain(lanes)).toEqual([9, 3, 1, 2, 1, 2, 1, 2]);
    expect(lanes.isEmpty).toBe(true);
    expect(lanes.waitingBytes).toBe(0);
  });

  it('lets a piece go each time as many bytes of small ones have gone: a flood does not stop a snapshot', () => {
    const lanes = new SendLanes();
    lanes.put('snapshot', packet(1, 3 * PIECE_BYTES_MAX), true);
    for (let n = 0; n < 40; n++) lanes.put('camera', packet(2, PIECE_BYTES_MAX / 8), false);
    const ids = drain(lanes, 36);
    expect(ids.filter((id) => id === 1)).toHaveLength(4);
    expect(ids.slice(0, 8)).toEqual(Array(8).fill(2));
  });

  it('keeps the order within a channel behind a large one, and leaves it when that has gone', () => {
    const lanes = new SendLanes();
    lanes.put(7, packet(1, 2 * PIECE_BYTES_MAX), false);
    lanes.put(7, packet(2, 10), true);
    lanes.put(8, packet(3, 10), true);
    expect(drain(lanes)).toEqual([3, 1, 1, 1, 2]);
    lanes.put(7, packet(4, 10), true);
    expect(drain(lanes)).toEqual([4]);
  });

  it('says when it holds as much as it may, of what nothing else bounds', () => {
    const lanes = new SendLanes();
    let count = 0;
    while (lanes.takes(100_000)) {
      lanes.put('m', packet(1, 100_000 - 5), true);
      count++;
    }
    expect(count).toBe(Math.floor(PROMPT_BYTES_MAX / 100_000));
    expect(lanes.takes(5_000_000)).toBe(true);
    lanes.next();
    expect(lanes.takes(100_000)).toBe(true);
  });
});
