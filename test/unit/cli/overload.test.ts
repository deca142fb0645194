import { describe, expect, it } from 'vitest';
import { CamshardError } from '../../../core/errors.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import type { NodeEvent } from '../../../core/node-event.ts';
import type { OverloadStatus } from '../../../core/overload.ts';
import { type EventsAnswer, eventLine, followEvents } from '../../../src/cli/events/print-events.ts';
import { overloadLine, overloadText } from '../../../src/cli/overload/overload-text.ts';
import { watchOverload } from '../../../src/cli/overload/show.ts';
import { until } from '../../support/until.ts';

const status = (rung: number, sinceAt = 0): OverloadStatus => ({
  node: 'node-1',
  rung,
  rungs: [
    { kind: 'normal', inputSize: 320 },
    { kind: 'lower_fps', inputSize: 320 },
    { kind: 'smaller_input', inputSize: 224 },
    { kind: 'shed_low', inputSize: 224 },
    { kind: 'refuse_new', inputSize: 224 },
  ],
  sinceAt,
  why: 'The reason.',
  load: {
    receivedFps: 90.04,
    wantedFps: 200,
    grantedFps: 60,
    capacityFps: 80,
    satisfaction: 0.7,
    lateShare: 0.25,
    queueDelayMsMax: 62.5,
  },
});

/** Runs what polls the node each second until it has done so `times` times; `ask` counts questions. */
async function polled(
  times: number,
  run: (clock: ManualClock, ask: () => number, signal: AbortSignal) => Promise<void>,
) {
  const clock = new ManualClock();
  const end = new AbortController();
  let asked = 0;
  const running = run(clock, () => ++asked, end.signal);
  for (let i = 1; i <= times; i++) {
    await until(`poll ${i} to be dealt with`, async () => asked >= i && clock.pendingTimers === 1);
    if (i < times) clock.advance(1_000);
  }
  end.abort();
  await running;
  expect(clock.pendingTimers).toBe(0);
}

describe('camshard overload show', () => {
  it('says where the node stands and why, marks the rung among all, and says what moves it', () => {
    expect(overloadText(status(2), 185_000).split('\n')).toEqual(
      [
        'node-1 stands on rung 2 of 4, smaller input, 224 px, for 3 min 5 s',
        'The reason.',
        '',
        '  0  normal                every camera is asked for what it may send',
        '  1  lower fps             cameras are asked for fewer frames',
        '> 2  smaller input, 224 px  the model looks at smaller pictures',
        '  3  shed low              frames of low-priority cameras are shed',
        '  4  refuse new            cameras the node does not know are refused',
        '',
        'climbs to  shed low, once the overload has lasted for overload.climbAfterMs',
        'back to    lower fps, once that would have been enough for overload.descendAfterMs',
        '',
        'received   90.0 frames/s from cameras',
        'wanted     200.0 frames/s, were there capacity without end',
        'granted    60.0 frames/s asked of cameras now',
        'capacity   80.0 frames/s the devices sustain on this rung (75 % of it granted)',
        'analysed   70 % of the frames that cameras may expect to have analysed',
        'late       25 % of frames left the queue later than 63 ms',
      ].map((line) => line.replace(/^(. [0134] {2}.{21}) /, '$1  ')),
    );
  });

  it('says that there is nothing below normal and nothing above the last rung', () => {
    expect(overloadText(status(0), 0)).not.toMatch(/back to/);
    expect(overloadText(status(4), 7_300_000)).toMatch(
      /for 2 h 1 min\n[\s\S]*climbs {5}no further: this is the last rung/,
    );
  });

  it('puts the figures in a line', () => {
    expect(overloadLine(status(1), 1_000)).toBe(
      '00:00:01Z  rung 1 (lower fps)  fps: received 90.0, wanted 200.0, granted 60.0, capacity 80.0  ' +
        'analysed 70 %  late 25 %',
    );
  });

  it('watches: a line a second, everything at each change, and a note while the node is away', async () => {
    const printed: string[] = [];
    const notes: string[] = [];
    const answers = [
      status(0),
      status(0),
      new Error('cannot reach the node'),
      new Error('still not'),
      status(1, 4_000),
    ];
    await polled(5, (clock, count, signal) => {
      const ask = async (): Promise<OverloadStatus> => {
        const answer = answers[count() - 1];
        if (answer === undefined || answer instanceof Error) throw answer;
        return answer;
      };
      const print = (text: string) => printed.push(text.trim().split('\n')[0] ?? '');
      return watchOverload({ ask, json: false, print, note: (text) => notes.push(text), clock, signal });
    });
    expect(printed).toEqual([
      expect.stringMatching(/^node-1 stands on rung 0/),
      expect.stringMatching(/^..:..:..Z {2}rung 0/),
      expect.stringMatching(/^..:..:..Z {2}rung 0/),
      expect.stringMatching(/^node-1 stands on rung 1/),
      expect.stringMatching(/^..:..:..Z {2}rung 1/),
    ]);
    expect(notes).toEqual(['cannot reach the node; trying again', 'the node answers again']);
  });

  it('fails where the node does not answer at first', async () => {
    const ask = () => Promise.reject(new CamshardError('node_unreachable', 'no node'));
    const rest = { json: true, print: () => {}, note: () => {}, clock: new ManualClock() };
    await expect(watchOverload({ ask, ...rest, signal: new AbortController().signal })).rejects.toThrow('no node');
  });
});

const event = (id: number): NodeEvent => ({
  ...{ id, at: 1_000 * id, severity: 'warning', kind: 'rung_changed', message: `event ${id}`, data: {} },
});

describe('camshard events', () => {
  it('prints an event in a line', () => {
    expect(eventLine(event(1))).toBe('1970-01-01 00:00:01.000Z  warning   rung_changed          event 1');
  });

  it('follows: each event once, those after a restart included, and says what it missed', async () => {
    const asked: unknown[] = [];
    const printed: number[] = [];
    const notes: string[] = [];
    const page = (since: number, ids: number[], lastId: number): EventsAnswer => ({
      ...{ since, events: ids.map(event), lastId },
    });
    // The answer to the fourth is of a new process, which is asked once more, for all.
    const answers = [page(1, [3, 4], 4), page(1, [], 4), page(1, [9], 9), page(2, [], 2), page(2, [1, 2], 2)];
    await polled(4, (clock, count, signal) =>
      followEvents({
        ask: async (query) => {
          asked.push(query);
          const answer = answers[count() - 1];
          if (answer === undefined) throw new Error('asked too often');
          return answer;
        },
        ...{ limit: 2, print: (e) => printed.push(e.id), note: (text) => notes.push(text), clock, signal },
      }),
    );
    expect(printed).toEqual([3, 4, 9, 1, 2]);
    expect(asked).toEqual([
      { limit: 2 },
      { after: 4, limit: 256 },
      { after: 4, limit: 256 },
      { after: 9, limit: 256 },
      { after: 0, limit: 256 },
    ]);
    expect(notes).toEqual(['4 events were dropped before they could be read', 'the node has restarted']);
  });
});
