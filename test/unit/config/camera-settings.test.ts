import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsSchemaRoot } from '../../../config/camera-settings/explain.ts';
import { FAULTS_MAX } from '../../../config/camera-settings/fault.ts';
import {
  parseCameraSettings,
  parseCameraSettingsText,
  SETTINGS_BYTES_MAX,
  type SettingsFault,
} from '../../../config/camera-settings/parse-camera-settings.ts';
import { renderSettingsDocs } from '../../../config/camera-settings/render-docs.ts';
import type { CameraSettings, CameraSettingsInput } from '../../../config/camera-settings/schema.ts';

import { describeKeys } from '../../../config/describe.ts';

const root = join(import.meta.dirname, '../../..');

const LINE = { id: 'north', from: [0.1, 0.5], to: [0.9, 0.5] };
const ZONE = {
  id: 'lane-1',
  kind: 'lane',
  polygon: [
    [0.1, 0.1],
    [0.9, 0.1],
    [0.9, 0.9],
    [0.1, 0.9],
  ],
};

function accepted(input: unknown): CameraSettings {
  const parsed = parseCameraSettings(input);
  if ('faults' in parsed) throw new Error(parsed.faults.map((f) => f.message).join('\n'));
  return parsed.settings;
}

function faultsOf(input: unknown): readonly SettingsFault[] {
  const parsed = parseCameraSettings(input);
  return 'faults' in parsed ? parsed.faults : [];
}

const messages = (input: unknown) => faultsOf(input).map((f) => f.message);

describe('camera settings', () => {
  it('are whole with nothing given', () => {
    const settings = accepted({});
    expect(settings).toMatchObject({ pipeline: 'traffic', lines: [], zones: [], rules: [], intervalS: 60 });
    expect(settings.traffic.incidents.wrongWay).toEqual({ afterS: 1 });
    expect(settings.traffic.incidents.congestion).toEqual({ level: 2, afterS: 30 });
  });

  it.each(['traffic', 'waste'])('take the example %s.yaml', (name) => {
    const parsed = parseCameraSettingsText(readFileSync(join(root, `config/examples/${name}.yaml`), 'utf8'));
    expect(parsed).not.toHaveProperty('faults');
    expect(parsed).toMatchObject({ settings: { pipeline: name }, document: { schemaVersion: 1 } });
  });

  it('give points as shares of the picture whatever they were written in', () => {
    const { lines, zones, ground } = accepted({
      coordinates: { width: 640, height: 480 },
      lines: [{ id: 'a', from: [64, 240], to: [640, 480] }],
      zones: [
        {
          id: 'z',
          polygon: [
            [0, 0],
            [320, 0],
            [320, 240],
          ],
          heading: { from: [0, 0], to: [320, 0] },
        },
      ],
      ground: {
        image: [
          [0, 0],
          [640, 0],
          [640, 480],
          [0, 480],
        ],
        metres: [
          [0, 10],
          [8, 10],
          [8, 0],
          [0, 0],
        ],
      },
    });
    expect(lines[0]).toMatchObject({ from: [0.1, 0.5], to: [1, 1] });
    expect(zones[0]).toMatchObject({
      polygon: [
        [0, 0],
        [0.5, 0],
        [0.5, 0.5],
      ],
      heading: { from: [0, 0], to: [0.5, 0] },
    });
    expect(ground?.image[2]).toEqual([1, 1]);
    expect(ground?.metres[1]).toEqual([8, 10]);
  });

  it('put a point that slipped over the edge onto it, and refuse one farther out', () => {
    expect(accepted({ lines: [{ ...LINE, to: [1.005, 0.5] }] }).lines[0]?.to).toEqual([1, 0.5]);
    expect(faultsOf({ lines: [{ ...LINE, to: [1.2, 0.5] }] })).toMatchObject([
      { path: 'lines[0].to', code: 'settings_geometry' },
    ]);
    expect(messages({ coordinates: { width: 640, height: 480 }, lines: [{ ...LINE, to: [700, 3] }] })).toContain(
      'lines[0].to: [700, 3] is outside the picture of 640x480',
    );
  });

  it('hint at pixels that were given for shares', () => {
    expect(messages({ lines: [{ id: 'a', from: [20, 30], to: [0, 0] }] })).toEqual([
      'lines[0].from: [20, 30] is outside the picture, whose shares go from 0 to 1; for pixels set coordinates: {width, height}',
    ]);
  });
});

describe('faults', () => {
  it('name the value, what is allowed and where', () => {
    expect(messages({ lines: [{ ...LINE, to: 'there' }] })).toEqual([
      expect.stringMatching(/^lines\[0\]\.to: "there" is not allowed; allowed: \[a number/),
    ]);
    expect(messages({ fps: { min: 0, max: 5 } })).toEqual([
      'fps.min: 0 is not allowed; allowed: a number from 0.1 to 120 (frames/s)',
    ]);
    expect(messages({ zones: [{ id: 'z' }] })[0]).toMatch(/^zones\[0\]\.polygon: missing; allowed: a list of 3 to 64/);
    expect(messages({ health: { badAfterS: -1 } })).toEqual([
      'health.badAfterS: -1 is not allowed; allowed: a number from 0 to 3600 (s)',
    ]);
  });

  it('suggest the key or the word somebody meant', () => {
    expect(messages({ lines: [{ ...LINE, form: [0, 0] }] })).toEqual([
      'lines[0].form: no such key; did you mean from?',
    ]);
    expect(messages({ piepline: 'traffic' })).toEqual(['piepline: no such key; did you mean pipeline?']);
    expect(messages({ pipeline: 'trafic' })[0]).toMatch(/did you mean traffic\?$/);
    expect(messages({ rules: [{ id: 'r', kind: 'tresholt' }] })[0]).toMatch(
      /^rules\[0\]\.kind: "tresholt" is not allowed/,
    );
    expect(messages({ rules: [{ id: 'r', kind: 'health', condition: [] }] })).toEqual([
      'rules[0].condition: no such key; did you mean conditions?',
    ]);
  });

  it('are all told at once, and bounded', () => {
    const many = { lines: [LINE, { ...LINE, id: '?' }], priority: 'high', bogus: 1 };
    expect(faultsOf(many).map((f) => f.path)).toEqual(['lines[1].id', 'priority', 'bogus']);
    const endless = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, i]));
    expect(faultsOf(endless)).toHaveLength(FAULTS_MAX);
  });

  it.each([null, 7, 'text', [], undefined])('tell that %j is no document', (input) => {
    expect(faultsOf(input)).toMatchObject([{ path: '', code: 'settings_syntax' }]);
  });

  it('find names that are taken, across lines and zones', () => {
    expect(messages({ lines: [LINE, LINE], zones: [ZONE, { ...ZONE, id: 'north' }] })).toEqual([
      'lines[1].id: "north" is the name of lines[0] already',
      'zones[1].id: "north" is the name of lines[0] already',
    ]);
    const health = { id: 'a', kind: 'health' };
    expect(messages({ rules: [health, health] })).toEqual(['rules[1].id: "a" is the name of rules[0] already']);
    expect(messages({ lines: [{ ...LINE, names: { forward: 'in', backward: 'in' } }] })[0]).toMatch(
      /forward's name too/,
    );
  });

  it('find lines of no length, polygons that cross themselves and such that cover nothing', () => {
    expect(faultsOf({ lines: [{ ...LINE, to: LINE.from }] })).toMatchObject([
      { path: 'lines[0].to', code: 'settings_geometry' },
    ]);
    const polygon = (...points: [number, number][]) => messages({ zones: [{ ...ZONE, polygon: points }] })[0] ?? 'fine';
    expect(polygon([0, 0], [1, 1], [1, 0], [0, 1])).toMatch(/crosses itself: side 0 to 1 and side 2 to 3/);
    expect(polygon([0, 0], [0.5, 0], [1, 0])).toMatch(/crosses itself|next to nothing/);
    expect(polygon([0, 0], [1, 0], [1, 1], [0, 0])).toMatch(/last corner repeats the first/);
    expect(polygon([0, 0], [1, 0], [1, 1], [1, 0], [0, 1])).toMatch(/corners 1 and 3 are the same point/);
    expect(polygon([0, 0], [0.005, 0], [0.005, 0.005])).toMatch(/next to nothing/);
    expect(polygon([0, 0], [1, 0], [0.5, 0.5], [1, 1], [0, 1])).toBe('fine');
    // A corner that touches another side.
    expect(polygon([0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1])).toMatch(/crosses itself/);
  });

  it('find a ground that is no plane', () => {
    const square = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ];
    const onALine = [
      [0, 0],
      [0.5, 0],
      [1, 0],
      [0, 1],
    ];
    expect(messages({ ground: { image: square, metres: [...square, [2, 2]] } })).toEqual([
      'ground.metres: 5 points, but ground.image has 4: each point of the picture needs its place',
    ]);
    expect(faultsOf({ ground: { image: onALine, metres: square } }).map((f) => f.path)).toEqual(['ground.image']);
    expect(faultsOf({ ground: { image: square, metres: onALine } }).map((f) => f.path)).toEqual(['ground.metres']);
    expect(faultsOf({ ground: { image: [...square, [0.5, 0]], metres: [...square, [0.5, 0]] } })).toEqual([]);
  });

  it('find an fps range upside down', () => {
    expect(messages({ fps: { min: 9, max: 5 } })).toEqual(['fps.min: 9 is over fps.max, 5']);
  });

  it('find an allowed material that the taxonomy does not know', () => {
    expect(messages({ pipeline: 'waste', waste: { taxonomy: { can: 'metal' }, allowed: ['metall'] } })).toEqual([
      'waste.allowed[0]: there is no material "metall"; did you mean "metal"?',
    ]);
  });
});

describe('rules of camera settings', () => {
  const rules = (rule: object, scene: object = { lines: [LINE], zones: [ZONE] }) =>
    messages({ ...scene, rules: [{ id: 'r', ...rule }] } satisfies { rules: unknown } as CameraSettingsInput);
  const crossings = { kind: 'threshold', metric: 'crossings', above: 10 };

  it('refer to lines, zones, directions and materials there are', () => {
    expect(rules({ ...crossings, subject: 'nort' })).toEqual([
      'rules[0].subject: there is no line "nort"; did you mean "north"?',
    ]);
    expect(rules({ ...crossings, subject: 'lane-1' })[0]).toMatch(/there is no line "lane-1"/);
    expect(rules({ ...crossings, direction: 'forwards' })[0]).toMatch(
      /no direction "forwards"; did you mean "forward"/,
    );
    expect(rules({ kind: 'incident', zones: ['lane-2'] })).toEqual([
      'rules[0].zones[0]: there is no zone "lane-2"; did you mean "lane-1"?',
    ]);
    expect(rules({ kind: 'absence', metric: 'occupancy', subject: 'x' })[0]).toMatch(/no zone "x"; known are lane-1/);
    expect(rules({ ...crossings, subject: 'north' })).toEqual([]);
  });

  it('have one of above and below, and clear on the right side of it', () => {
    expect(rules({ ...crossings, below: 3 })).toEqual(['rules[0].below: set above or below, not both']);
    expect(rules({ kind: 'threshold', metric: 'crossings' })).toEqual(['rules[0].above: set above or below']);
    expect(rules({ ...crossings, clearAt: 11 })[0]).toMatch(/^rules\[0\]\.clearAt: 11 is over above, 10/);
    expect(rules({ kind: 'threshold', metric: 'crossings', below: 3, clearAt: 2 })[0]).toMatch(/2 is under below, 3/);
    expect(rules({ ...crossings, clearAt: 9 })).toEqual([]);
  });

  it('watch only what the pipeline and the scene measure', () => {
    expect(rules({ kind: 'composition', above: 0.1 })[0]).toMatch(/pipeline waste; here it is traffic/);
    expect(rules(crossings, { pipeline: 'waste' })[0]).toMatch(/pipeline traffic; here it is waste/);
    expect(rules({ kind: 'incident' }, { pipeline: 'waste' })[0]).toMatch(/pipeline traffic; here it is waste/);
    expect(rules({ kind: 'absence', metric: 'objects' }, { pipeline: 'none' })[0]).toMatch(/traffic or waste/);
    expect(rules({ kind: 'threshold', metric: 'speed', above: 80 })[0]).toMatch(/without ground there are no speeds/);
    expect(rules({ kind: 'threshold', metric: 'density', above: 80 })[0]).toMatch(/lengthM, or ground/);
    expect(rules(crossings, {})[0]).toMatch(/needs a line, and the settings have none/);
    expect(
      rules({ ...crossings, subject: 'north', label: 'bus' }, { lines: [{ ...LINE, labels: ['car'] }] })[0],
    ).toMatch(/"bus" is not among the labels of north: car/);
    expect(rules({ kind: 'health' }, { health: { enabled: false } })[0]).toMatch(/switched off by health.enabled/);
    const off = { zones: [ZONE], traffic: { incidents: { wrongWay: null } } };
    expect(rules({ kind: 'incident', incidents: ['wrong_way'] }, off)[0]).toMatch(/traffic.incidents.wrongWay/);
  });

  it('keep hours of a time zone there is', () => {
    const at = (timeZone: string) => rules({ kind: 'health', schedule: [{ timeZone }] });
    expect(at('Europe/Berlin')).toEqual([]);
    expect(at('Europe/Berlim')[0]).toMatch(
      /^rules\[0\]\.schedule\[0\]\.timeZone: there is no time zone "Europe\/Berlim"/,
    );
  });

  it('fill in only what a dedupe key knows', () => {
    expect(rules({ kind: 'health', dedupeKey: '{rule}-{track}' })).toEqual([]);
    expect(rules({ kind: 'health', dedupeKey: '{zon}' })[0]).toMatch(/did you mean "zone"/);
  });
});

describe('camera settings as text', () => {
  const faults = (text: string) => {
    const parsed = parseCameraSettingsText(text);
    return 'faults' in parsed ? parsed.faults : [];
  };

  it('are YAML or JSON', () => {
    expect(parseCameraSettingsText('priority: low')).toMatchObject({ document: { priority: 'low' } });
    expect(parseCameraSettingsText('{"priority": "low"}')).toMatchObject({ settings: { priority: 'low' } });
  });

  it('name the line of a fault', () => {
    const text =
      'lines:\n  - id: north\n    from: [0.1, 0.5]\n    to: [0.1, 0.5]\nrules:\n  - id: a\n    kind: health\n    typo: 1\n';
    expect(faults(text.replace('    typo: 1\n', ''))).toMatchObject([{ path: 'lines[0].to', line: 4 }]);
    expect(faults(text)).toMatchObject([{ path: 'rules[0].typo', line: 8 }]);
    expect(faults('zones:\n  - id: z\n')).toMatchObject([{ path: 'zones[0].polygon', line: 2 }]);
  });

  it.each([
    ['broken YAML', 'lines: [', /line 1: /],
    ['a key given twice', 'priority: low\npriority: normal\n', /line 2: .*unique/],
    ['an unknown tag', 'priority: !!js/function x', /tag/],
    ['nesting without end', '['.repeat(100_000), /nested more than 16 deep/],
    ['dashes without end', '- '.repeat(100_000), /nested more than 16 deep/],
    ['nesting that YAML can read', `a: ${'['.repeat(30)}${']'.repeat(30)}`, /nested more than 16 deep/],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]`,
      /alias/i,
    ],
    ['a scalar', 'seven', /settings are a map of keys/],
    ['nothing', '', /settings are a map of keys/],
    ['__proto__', '__proto__: {polluted: true}', /__proto__: no such key/],
  ])('refuse %s', (_what, text, message) => {
    expect(faults(text)[0]?.message).toMatch(message);
    expect({}).not.toHaveProperty('polluted');
  });

  it('refuse what is too large before reading it', () => {
    expect(faults(`# ${'x'.repeat(SETTINGS_BYTES_MAX)}`)[0]?.message).toMatch(/over 262144 bytes/);
  });
});

describe('docs/camera-settings.md', () => {
  it('is current', () => {
    const hint = 'made from config/camera-settings; run `camshard config docs --cameras` again';
    expect(readFileSync(join(root, 'docs/camera-settings.md'), 'utf8'), hint).toBe(renderSettingsDocs());
  });

  it('has a reason for every key', () => {
    expect(describeKeys(settingsSchemaRoot()).filter((k) => k.reason === '')).toEqual([]);
  });
});
