import { describe, expect, it } from 'vitest';
import { ReplicaLag } from '../../../../src/history/replica-lag.ts';
import { parseWalPosition } from '../../../../src/history/wal-position.ts';

describe('the lag of a replica', () => {
  it('is nothing for one that is where the primary was last seen, however long ago that was', () => {
    const lag = new ReplicaLag();
    lag.primaryAt(100n, 0);
    expect(lag.of(100n, 60_000)).toBe(0);
  });

  it('counts from when the primary first was further', () => {
    const lag = new ReplicaLag();
    lag.primaryAt(100n, 0);
    lag.primaryAt(100n, 1_000);
    lag.primaryAt(150n, 2_000);
    lag.primaryAt(200n, 3_000);
    expect(lag.of(100n, 5_000)).toBe(3_000);
    expect(lag.of(150n, 5_000)).toBe(2_000);
    expect(lag.of(200n, 5_000)).toBe(0);
  });

  it('compares positions as the numbers they are', () => {
    expect(parseWalPosition('0/FFFFFFFF') < parseWalPosition('1/0')).toBe(true);
    expect(parseWalPosition('16/B374D848')).toBe(0x16_b374_d848n);
  });
});
