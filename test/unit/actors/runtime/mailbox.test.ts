import { describe, expect, it } from 'vitest';
import { Mailbox } from '../../../../actors/runtime/mailbox.ts';
import { gate, laneOf, notes, settle, testSystem, textProps } from './harness.ts';

describe('Mailbox', () => {
  it('gives control messages before frames, and each lane in the order of arrival', () => {
    const mailbox = new Mailbox<string>({ control: 4, frame: 4 });
    for (const message of ['a', '!x', 'b', '!y']) mailbox.offer(laneOf(message), message);
    const taken: string[] = [];
    while (!mailbox.isEmpty) taken.push(mailbox.take());
    expect(taken).toEqual(['!x', '!y', 'a', 'b']);
  });

  it('bounds each lane on its own', () => {
    const mailbox = new Mailbox<string>({ control: 1, frame: 2 });
    expect([mailbox.offer('frame', 'a'), mailbox.offer('frame', 'b'), mailbox.offer('frame', 'c')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([mailbox.offer('control', 'x'), mailbox.offer('control', 'y')]).toEqual([true, false]);
    expect(mailbox.size).toBe(3);
  });

  it('takes what is forced past the bound, which then counts against it', () => {
    const mailbox = new Mailbox<string>({ control: 1, frame: 1 });
    mailbox.force('control', 'x');
    mailbox.force('control', 'y');
    expect(mailbox.size).toBe(2);
    mailbox.take();
    expect(mailbox.offer('control', 'z')).toBe(false);
    mailbox.take();
    expect(mailbox.offer('control', 'z')).toBe(true);
  });
});

describe('an actor with a full mailbox', () => {
  it('refuses the newcomer under `reject`, and tells whoever counts before the dead letters', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const order: string[] = [];
    const letters = testSystem({ onDeadLetter: (letter) => order.push(`letter ${letter.message} ${letter.reason}`) });
    const ref = letters.system.spawn(
      'a',
      notes(seen, {
        mailbox: { control: 1, frame: 2, overflow: 'reject' },
        onDropped: (message, reason) => order.push(`dropped ${message} ${reason}`),
      }),
    );
    expect(['1', '2', '3'].map((m) => ref.tell(m))).toEqual(['accepted', 'accepted', 'full']);
    expect(ref.tell('!stop')).toBe('accepted');
    await settle();
    expect(seen).toEqual(['!stop', '1', '2']);
    expect(order).toEqual(['dropped 3 full', 'letter 3 full']);
    expect(t.deadLetters).toEqual([]);
  });

  it('drops the oldest of the same lane under `drop-oldest`, and takes the newcomer', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const ref = t.system.spawn('a', notes(seen, { mailbox: { control: 2, frame: 2, overflow: 'drop-oldest' } }));
    for (const m of ['!c', '1', '2', '3', '4']) expect(ref.tell(m)).toBe('accepted');
    expect(t.system.queued).toBe(3);
    await settle();
    expect(seen).toEqual(['!c', '3', '4']);
    expect(t.deadLetters.map((l) => [l.path, l.message, l.reason])).toEqual([
      ['/a', '1', 'full'],
      ['/a', '2', 'full'],
    ]);
    expect(t.system.queued).toBe(0);
  });

  it('still hears a control message behind a flood of frames first', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const first = gate();
    const ref = t.system.spawn(
      'a',
      textProps(() => ({
        receive: (message) => {
          seen.push(message);
          return message === 'slow' ? first.promise : undefined;
        },
      })),
    );
    ref.tell('slow');
    await settle();
    for (let i = 0; i < 50; i++) ref.tell(`f${i}`);
    ref.tell('!now');
    first.open();
    await settle();
    expect(seen.slice(0, 3)).toEqual(['slow', '!now', 'f0']);
    expect(seen).toHaveLength(52);
  });
});
