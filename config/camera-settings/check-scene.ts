import { suggestKey } from '../suggest.ts';
import type { FaultList } from './fault.ts';
import type { CameraSettings } from './schema.ts';
import { polygonFault, segmentFault, spansPlane } from './shapes.ts';

/** Relations between the parts of the settings that say what there is to see: lines, zones, ground, tracker, waste. */
export function checkScene(settings: CameraSettings, into: FaultList): void {
  checkNames(settings, into);
  settings.lines.forEach((line, i) => {
    report(segmentFault(line.from, line.to), ['lines', i, 'to'], into);
    if (line.names.forward === line.names.backward) {
      into.add(
        ['lines', i, 'names', 'backward'],
        'settings_duplicate',
        `"${line.names.backward}" is forward's name too`,
      );
    }
  });
  settings.zones.forEach((zone, i) => {
    report(polygonFault(zone.polygon), ['zones', i, 'polygon'], into);
    if (zone.heading !== null) {
      report(segmentFault(zone.heading.from, zone.heading.to), ['zones', i, 'heading', 'to'], into);
    }
  });
  checkGround(settings, into);
  if (settings.fps !== null && settings.fps.min > settings.fps.max) {
    into.add(['fps', 'min'], 'settings_relation', `${settings.fps.min} is over fps.max, ${settings.fps.max}`);
  }
  checkWaste(settings, into);
}

function report(fault: string | undefined, at: readonly (string | number)[], into: FaultList): void {
  if (fault !== undefined) into.add(at, 'settings_geometry', fault);
}

/** Lines and zones share their names: a speed is measured at either, and is called by it. */
function checkNames({ lines, zones, rules }: CameraSettings, into: FaultList): void {
  const seen = new Map<string, string>();
  for (const [list, entries] of [
    ['lines', lines],
    ['zones', zones],
  ] as const) {
    entries.forEach(({ id }, i) => {
      const before = seen.get(id);
      if (before === undefined) seen.set(id, `${list}[${i}]`);
      else into.add([list, i, 'id'], 'settings_duplicate', `"${id}" is the name of ${before} already`);
    });
  }
  const rulesSeen = new Map<string, number>();
  rules.forEach(({ id }, i) => {
    const before = rulesSeen.get(id);
    if (before === undefined) rulesSeen.set(id, i);
    else into.add(['rules', i, 'id'], 'settings_duplicate', `"${id}" is the name of rules[${before}] already`);
  });
}

function checkGround({ ground }: CameraSettings, into: FaultList): void {
  if (ground === null) return;
  const { image, metres } = ground;
  if (image.length !== metres.length) {
    const counts = `${metres.length} points, but ground.image has ${image.length}`;
    into.add(['ground', 'metres'], 'settings_relation', `${counts}: each point of the picture needs its place`);
    return;
  }
  const why = 'four of the points must lie so that no three of them are on one line';
  if (!spansPlane(image)) into.add(['ground', 'image'], 'settings_geometry', why);
  if (!spansPlane(metres)) into.add(['ground', 'metres'], 'settings_geometry', why);
}

function checkWaste({ waste }: CameraSettings, into: FaultList): void {
  const materials = materialsOf(waste);
  if (materials === undefined) return;
  waste.allowed?.forEach((material, i) => {
    if (!materials.includes(material)) {
      into.add(['waste', 'allowed', i], 'settings_reference', unknownName('material', material, materials));
    }
  });
}

/** The materials of a taxonomy given in place; `undefined` where it is named only. */
export function materialsOf({ taxonomy }: CameraSettings['waste']): readonly string[] | undefined {
  return typeof taxonomy === 'string' ? undefined : [...new Set(Object.values(taxonomy))];
}

/** `there is no line "nort"; did you mean "north"?` */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  if (known.length === 0) return `there is no ${what} "${name}": there is none at all`;
  const meant = suggestKey(name, known);
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`;
  return `there is no ${what} "${name}"; ${hint}`;
}
