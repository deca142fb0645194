import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONTENT_BYTES_MAX,
  contentBytes,
  cutPiece,
  decodeContent,
  decodeNumber,
  decodePacket,
  encodeBarePacket,
  encodeNumberPacket,
  encodePacket,
  PACKET,
  PIECE_BYTES_MAX,
} from '../../../src/links/link-packet.ts';
import { PieceCollector } from '../../../src/links/piece-collector.ts';

describe('packets of a node link', () => {
  it('read as they were written: JSON and bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.uint8Array({ maxLength: 200 }), fc.nat(0xffff_ffff), (value, bytes, id) => {
        const packet = decodePacket(encodePacket(PACKET.push, id, JSON.stringify(value), bytes));
        expect(packet).toMatchObject({ kind: PACKET.push, id, first: true, last: true });
        const content = decodeContent(packet.kind === 'bad' ? new Uint8Array(0) : packet.piece);
        expect(content.kind === 'content' && JSON.stringify(content.value)).toBe(JSON.stringify(value));
        expect(content.kind === 'content' && [...content.attached]).toEqual([...bytes]);
      }),
      { seed: 1 },
    );
  });

  it('read as they were written: numbers and ends', () => {
    const credit = decodePacket(encodeNumberPacket(PACKET.credit, 0, 2 ** 40 + 1));
    expect(credit.kind === PACKET.credit && decodeNumber(credit.piece)).toBe(2 ** 40 + 1);
    expect(decodePacket(encodeBarePacket(PACKET.end, 7))).toMatchObject({ kind: PACKET.end, id: 7 });
  });

  it('go in pieces and come together again, those of others between', () => {
    const sizes = [PIECE_BYTES_MAX + 1, 3 * PIECE_BYTES_MAX, 700_000];
    const wholes = sizes.map((size, n) => encodePacket(PACKET.message, n, '"x"', new Uint8Array(size).fill(n + 1)));
    const collector = new PieceCollector(CONTENT_BYTES_MAX);
    const offsets = sizes.map(() => 0);
    const came = new Map<number, Uint8Array>();
    while (came.size < wholes.length) {
      for (const [n, whole] of wholes.entries()) {
        if (came.has(n)) continue;
        const { piece, nextOffset } = cutPiece(whole, offsets[n] ?? 0);
        offsets[n] = nextOffset;
        const packet = decodePacket(piece);
        if (packet.kind === 'bad') throw new Error(packet.message);
        const collected = collector.take(packet);
        expect(collected.kind).not.toBe('bad');
        if (collected.kind === 'whole') came.set(n, collected.content);
      }
    }
    for (const [n, whole] of wholes.entries()) expect(Buffer.compare(whole.subarray(8), came.get(n) ?? whole)).toBe(0);
    expect(collector.bytes).toBe(0);
  });

  it('are read whatever the bytes are, without an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (messages) => {
        const collector = new PieceCollector(10_000);
        for (const bytes of messages) {
          // Half of the headers are made plausible, or little would get past the first checks.
          if (bytes.length >= 8 && (bytes[7] ?? 0) % 2 === 0)
            bytes.set([((bytes[0] ?? 0) % 12) + 1, (bytes[1] ?? 0) % 4, 0, 0, 1, 0, 0, 0]);
          const packet = decodePacket(bytes);
          if (packet.kind === 'bad') continue;
          const collected = collector.take(packet);
          if (collected.kind === 'whole') decodeContent(collected.content);
          decodeNumber(packet.piece);
          expect(collector.bytes).toBeLessThanOrEqual(10_000);
        }
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });

  it('are refused where they announce or bring what cannot be', () => {
    const whole = encodePacket(PACKET.message, 1, '1', new Uint8Array(600_000));
    const first = cutPiece(whole, 0);
    const second = cutPiece(whole, first.nextOffset);
    const take = (collector: PieceCollector, bytes: Uint8Array) => {
      const packet = decodePacket(bytes);
      return packet.kind === 'bad' ? packet : collector.take(packet);
    };
    const announcing = (bytes: number): Buffer => {
      const copy = Buffer.from(first.piece);
      copy.writeUInt32LE(bytes, 8);
      return copy;
    };
    expect(take(new PieceCollector(1e9), announcing(CONTENT_BYTES_MAX + 1)).kind).toBe('bad');
    expect(take(new PieceCollector(1e9), announcing(10)).kind).toBe('bad');
    expect(take(new PieceCollector(500_000), first.piece).kind).toBe('bad');
    expect(take(new PieceCollector(1e9), second.piece).kind).toBe('bad');
    const twice = new PieceCollector(1e9);
    take(twice, first.piece);
    expect(take(twice, first.piece).kind).toBe('bad');
    const short = new PieceCollector(1e9);
    take(short, announcing(contentBytes(whole) - 100_000));
    expect(take(short, second.piece)).toMatchObject({ kind: 'bad' });
  });
});
