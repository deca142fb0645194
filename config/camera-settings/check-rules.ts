import { INCIDENT_KINDS } from '../../core/camera-event.ts';
import type { Metric } from '../../core/measure.ts';
import { materialsOf, unknownName } from './check-scene.ts';
import type { FaultList, FaultPath } from './fault.ts';
import type { CameraSettings, RuleSettings } from './schema.ts';

/** What a metric's subject names. */
const SUBJECTS: Readonly<
  Record<Metric, 'line' | 'zone' | 'line or zone' | 'material' | 'incident' | 'route' | 'nothing'>
> = {
  crossings: 'line',
  speed: 'line or zone',
  occupancy: 'zone',
  dwell: 'zone',
  queue: 'zone',
  density: 'zone',
  congestion: 'zone',
  routes: 'route',
  incidents: 'incident',
  composition: 'material',
  contamination: 'material',
  review: 'material',
  objects: 'nothing',
};

/** Metrics that only one pipeline measures; `objects` both do. */
const PIPELINE: Readonly<Record<Metric, 'traffic' | 'waste' | undefined>> = {
  crossings: 'traffic',
  speed: 'traffic',
  occupancy: 'traffic',
  dwell: 'traffic',
  queue: 'traffic',
  density: 'traffic',
  congestion: 'traffic',
  routes: 'traffic',
  incidents: 'traffic',
  composition: 'waste',
  contamination: 'waste',
  review: 'waste',
  objects: undefined,
};

type Rule<K extends RuleSettings['kind']> = Extract<RuleSettings, { kind: K }>;

/** Relations between rules and what the settings measure: a rule that could never act is refused. */
export function checkRules(settings: CameraSettings, into: FaultList): void {
  settings.rules.forEach((rule, i) => {
    const at = ['rules', i] as const;
    checkSchedule(rule, at, into);
    checkDedupeKey(rule, at, into);
    switch (rule.kind) {
      case 'threshold':
        checkLevels(rule, at, into);
        checkMetric(settings, rule, at, into);
        checkDirection(settings, rule, at, into);
        break;
      case 'absence':
        checkMetric(settings, rule, at, into);
        break;
      case 'incident':
        checkIncident(settings, rule, at, into);
        break;
      case 'health':
        checkHealth(settings, rule, at, into);
        break;
      case 'composition':
        checkLevels(rule, at, into);
        checkPipeline(settings, 'waste', 'a composition', [...at, 'kind'], into);
        checkMaterial(settings, rule.material, [...at, 'material'], into);
        break;
    }
  });
}

function checkLevels(rule: Rule<'threshold'> | Rule<'composition'>, at: FaultPath, into: FaultList): void {
  const { above, below } = rule;
  if (above !== null && below !== null) into.add([...at, 'below'], 'settings_relation', 'set above or below, not both');
  if (above === null && below === null) into.add([...at, 'above'], 'settings_relation', 'set above or below');
  if (rule.kind !== 'threshold' || rule.clearAt === null) return;
  const { clearAt } = rule;
  if (above !== null && below === null && clearAt > above) {
    into.add([...at, 'clearAt'], 'settings_relation', `${clearAt} is over above, ${above}: it would close at once`);
  }
  if (below !== null && above === null && clearAt < below) {
    into.add([...at, 'clearAt'], 'settings_relation', `${clearAt} is under below, ${below}: it would close at once`);
  }
}

function checkPipeline(
  { pipeline }: CameraSettings,
  needed: 'traffic' | 'waste' | undefined,
  what: string,
  at: FaultPath,
  into: FaultList,
): boolean {
  if (pipeline === needed || (needed === undefined && pipeline !== 'none')) return true;
  const where = needed === undefined ? 'traffic or waste' : needed;
  into.add(at, 'settings_never', `${what} is measured by the pipeline ${where}; here it is ${pipeline}`);
  return false;
}

function checkMetric(
  settings: CameraSettings,
  rule: Rule<'threshold'> | Rule<'absence'>,
  at: FaultPath,
  into: FaultList,
): void {
  const { metric, subject } = rule;
  if (!checkPipeline(settings, PIPELINE[metric], metric, [...at, 'metric'], into)) return;
  const subjectAt = [...at, 'subject'];
  const lines = settings.lines.map((l) => l.id);
  const zones = settings.zones.map((z) => z.id);
  const among = (what: string, known: readonly string[]) => {
    if (subject !== null && !known.includes(subject)) {
      into.add(subjectAt, 'settings_reference', unknownName(what, subject, known));
    } else if (known.length === 0) {
      into.add([...at, 'metric'], 'settings_never', `${metric} needs a ${what}, and the settings have none`);
    }
  };
  switch (SUBJECTS[metric]) {
    case 'line':
      among('line', lines);
      break;
    case 'zone':
      among('zone', zones);
      break;
    case 'line or zone':
      among('line or zone', [...lines, ...zones]);
      break;
    case 'material':
      checkMaterial(settings, subject, subjectAt, into);
      break;
    case 'incident':
      if (subject !== null && !(INCIDENT_KINDS as readonly string[]).includes(subject)) {
        into.add(subjectAt, 'settings_reference', unknownName('incident', subject, INCIDENT_KINDS));
      }
      break;
    case 'route':
      checkRoute(subject, lines, at, into);
      break;
    case 'nothing':
      if (subject !== null) into.add(subjectAt, 'settings_reference', `${metric} are counted in the whole picture`);
      break;
  }
  checkMeasured(settings, metric, subject, at, into);
  checkLabel(settings, rule, at, into);
}

/** @param subject `from>to` */
function checkRoute(subject: string | null, lines: readonly string[], at: FaultPath, into: FaultList): void {
  if (lines.length < 2) into.add([...at, 'metric'], 'settings_never', 'routes lead from one line to another: set two');
  if (subject === null || lines.length === 0) return;
  const ends = subject.split('>');
  if (ends.length !== 2) {
    into.add(
      [...at, 'subject'],
      'settings_reference',
      `"${subject}" is no route; like ${lines[0]}>${lines[1] ?? 'other'}`,
    );
    return;
  }
  for (const end of ends) {
    if (!lines.includes(end)) into.add([...at, 'subject'], 'settings_reference', unknownName('line', end, lines));
  }
}

/** Figures that need more than a line or zone to be drawn. */
function checkMeasured(
  { ground, zones }: CameraSettings,
  metric: Metric,
  subject: string | null,
  at: FaultPath,
  into: FaultList,
): void {
  if (ground !== null) return;
  if (metric === 'speed') into.add([...at, 'metric'], 'settings_never', 'without ground there are no speeds');
  if (metric !== 'density') return;
  const looked = zones.filter((z) => subject === null || z.id === subject);
  if (looked.length > 0 && looked.every((z) => z.lengthM === null)) {
    into.add([...at, 'metric'], 'settings_never', "density needs the zone's lengthM, or ground");
  }
}

/** A class that the line or zone does not look at is never counted there. */
function checkLabel(
  { lines, zones }: CameraSettings,
  { subject, label }: Rule<'threshold'> | Rule<'absence'>,
  at: FaultPath,
  into: FaultList,
): void {
  if (label === null || subject === null) return;
  const looked = [...lines, ...zones].find((shape) => shape.id === subject)?.labels ?? null;
  if (looked === null || looked.includes('*') || looked.includes(label)) return;
  into.add(
    [...at, 'label'],
    'settings_never',
    `"${label}" is not among the labels of ${subject}: ${looked.join(', ')}`,
  );
}

function checkDirection(settings: CameraSettings, rule: Rule<'threshold'>, at: FaultPath, into: FaultList): void {
  const { direction, metric, subject } = rule;
  if (direction === null) return;
  if (metric !== 'crossings') {
    into.add([...at, 'direction'], 'settings_relation', `${metric} has no direction, only crossings do`);
    return;
  }
  const lines = settings.lines.filter((l) => subject === null || l.id === subject);
  const known = [...new Set(lines.flatMap((l) => [l.names.forward, l.names.backward]))];
  if (known.length > 0 && !known.includes(direction)) {
    into.add([...at, 'direction'], 'settings_reference', unknownName('direction', direction, known));
  }
}

function checkMaterial(settings: CameraSettings, name: string | null, at: FaultPath, into: FaultList): void {
  const materials = materialsOf(settings.waste);
  if (name !== null && materials !== undefined && !materials.includes(name)) {
    into.add(at, 'settings_reference', unknownName('material', name, materials));
  }
}

const SWITCHES = {
  stopped_vehicle: 'stoppedVehicle',
  wrong_way: 'wrongWay',
  pedestrian_on_road: 'pedestrianOnRoad',
  sudden_slowdown: 'suddenSlowdown',
  congestion: 'congestion',
} as const;

function checkIncident(settings: CameraSettings, rule: Rule<'incident'>, at: FaultPath, into: FaultList): void {
  if (!checkPipeline(settings, 'traffic', 'an incident', [...at, 'kind'], into)) return;
  const known = settings.zones.map((z) => z.id);
  rule.zones?.forEach((zone, i) => {
    if (!known.includes(zone)) into.add([...at, 'zones', i], 'settings_reference', unknownName('zone', zone, known));
  });
  if (rule.incidents.every((kind) => settings.traffic.incidents[SWITCHES[kind]] === null)) {
    const keys = rule.incidents.map((kind) => `traffic.incidents.${SWITCHES[kind]}`).join(', ');
    into.add([...at, 'incidents'], 'settings_never', `switched off by ${keys}`);
  }
}

function checkHealth({ health }: CameraSettings, rule: Rule<'health'>, at: FaultPath, into: FaultList): void {
  if (!health.enabled) into.add([...at, 'kind'], 'settings_never', 'switched off by health.enabled');
  if (health.offlineAfterS === null && rule.conditions.every((c) => c === 'offline')) {
    into.add([...at, 'conditions'], 'settings_never', 'switched off by health.offlineAfterS');
  }
}

function checkSchedule({ schedule }: RuleSettings, at: FaultPath, into: FaultList): void {
  schedule?.forEach(({ timeZone }, i) => {
    if (!isTimeZone(timeZone)) {
      const where = [...at, 'schedule', i, 'timeZone'];
      into.add(where, 'settings_reference', `there is no time zone "${timeZone}"; names are like Europe/Berlin or UTC`);
    }
  });
}

/** Making a formatter takes longer than all other checks together, and few zones are in use. */
const zonesKnown = new Map<string, boolean>();
const ZONES_KNOWN_MAX = 1_000;

/** Whether this Node knows the zone: what it does not know it could not keep hours by. */
function isTimeZone(name: string): boolean {
  const known = zonesKnown.get(name);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    valid = false;
  }
  if (zonesKnown.size >= ZONES_KNOWN_MAX) zonesKnown.clear();
  zonesKnown.set(name, valid);
  return valid;
}

const PLACEHOLDERS = ['rule', 'zone', 'line', 'track', 'label', 'material', 'incident', 'condition'];

function checkDedupeKey({ dedupeKey }: RuleSettings, at: FaultPath, into: FaultList): void {
  for (const [, name = ''] of (dedupeKey ?? '').matchAll(/\{([^{}]*)\}/g)) {
    if (!PLACEHOLDERS.includes(name)) {
      into.add([...at, 'dedupeKey'], 'settings_reference', unknownName('placeholder', name, PLACEHOLDERS));
    }
  }
}
