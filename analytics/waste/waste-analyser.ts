import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import type { CameraEvent } from '../../core/camera-event.ts';
import type { Gauge, Measure } from '../../core/measure.ts';
import type { Analyser, Scene } from '../analyser.ts';
import { MeasureBook } from '../measure-book.ts';
import { type Area, areasOf, drawingOf } from './areas.ts';
import { type BeltState, BeltWatch, type PassingItem } from './belt-watch.ts';
import { areaOf, scoreOf, type WasteItem } from './item.ts';
import { type TableState, TableWatch } from './table-watch.ts';
import type { Taxonomy } from './taxonomy.ts';
import { type TimeAverages, TimedBook } from './timed-book.ts';

/** Plain JSON. */
export interface WasteState {
  readonly version: 1;
  readonly atMs: number | null;
  /** How was measured: figures measured otherwise are dropped. */
  readonly how: string;
  /** Where was looked: items seen elsewhere are forgotten. */
  readonly drawn: string;
  readonly belt: BeltState | null;
  readonly table: TableState | null;
  readonly measures: readonly Measure[];
  readonly averages: TimeAverages;
}

type Emit = (event: CameraEvent) => void;

/**
 * What waste there is, by class and material: on a belt each item once as it passes, on a table what lies there,
 * averaged over time.
 */
export class WasteAnalyser implements Analyser<WasteState> {
  readonly #settings: CameraSettings;
  readonly #taxonomy: Taxonomy;
  readonly #belt: BeltWatch | undefined;
  readonly #table: TableWatch | undefined;
  readonly #book: MeasureBook;
  readonly #averages: TimedBook;
  #areas: readonly Area[] = [];
  #aspect = 0;
  #atMs: number | undefined;

  /**
   * @param settings parsed: points are shares of the picture
   * @param state of another analyser of the same camera, whatever its settings were; it is not changed
   */
  constructor(settings: CameraSettings, taxonomy: Taxonomy, state?: WasteState) {
    this.#settings = settings;
    this.#taxonomy = taxonomy;
    const from = state?.version === 1 ? (JSON.parse(JSON.stringify(state)) as WasteState) : undefined;
    const measured = from?.how === howOf(settings) ? from : undefined;
    const known = measured?.drawn === drawingOf(settings) ? measured : undefined;
    const { hitsMin, count } = settings.waste;
    const materialOf = (label: string): string | undefined => taxonomy.materialOf(label);
    if (count === 'passing') this.#belt = new BeltWatch(hitsMin, materialOf, known?.belt ?? undefined);
    else this.#table = new TableWatch(hitsMin, materialOf, known?.table ?? undefined);
    this.#book = new MeasureBook(measured?.measures);
    this.#averages = new TimedBook(measured?.averages);
    this.#atMs = from?.atMs ?? undefined;
  }

  observe(scene: Scene, emit: Emit): void {
    const { atMs, observedS, tracks } = scene;
    const aspect = scene.width / scene.height;
    if (aspect !== this.#aspect) {
      this.#aspect = aspect;
      this.#areas = areasOf(this.#settings, aspect);
    }
    const passedMs = Math.max(0, atMs - (this.#atMs ?? atMs));
    this.#atMs = atMs;
    for (const item of this.#belt?.observe(tracks, passedMs, this.#areas, aspect) ?? []) this.#passed(item, atMs, emit);
    for (const item of this.#table?.observe(tracks, observedS, this.#areas, aspect) ?? []) this.#tell(item, atMs, emit);
    this.#average(observedS);
  }

  unchanged(atMs: number, observedS: number, emit: Emit): void {
    this.#atMs = atMs;
    for (const item of this.#table?.unchanged(observedS) ?? []) this.#tell(item, atMs, emit);
    this.#average(observedS);
  }

  takeMeasures(): Measure[] {
    return [...this.#book.take(), ...this.#averages.take()];
  }

  gauges(): readonly Gauge[] {
    const counts = new Map<string, { material: string; label: string; value: number }>();
    for (const item of this.#table?.present ?? []) {
      const { material, label } = this.#nameOf(item);
      const key = `${material}\n${label}`;
      const entry = counts.get(key) ?? { material, label, value: 0 };
      entry.value++;
      counts.set(key, entry);
    }
    return [...counts.values()].map(({ material, label, value }) => ({
      metric: 'composition',
      subject: material,
      label,
      value,
    }));
  }

  state(): WasteState {
    const state: WasteState = {
      version: 1,
      atMs: this.#atMs ?? null,
      how: howOf(this.#settings),
      drawn: drawingOf(this.#settings),
      belt: this.#belt?.state() ?? null,
      table: this.#table?.state() ?? null,
      measures: this.#book.measures(),
      averages: this.#averages.state(),
    };
    return JSON.parse(JSON.stringify(state)) as WasteState;
  }

  #passed(item: PassingItem, atMs: number, emit: Emit): void {
    const { material, label } = this.#nameOf(item);
    const weight = this.#settings.waste.weight === 'area' ? item.area : 1;
    this.#book.sample({ metric: 'composition', subject: material, label }, weight);
    if (!this.#allows(material)) this.#book.sample({ metric: 'contamination', subject: material, label }, weight);
    if (this.#isUnsure(item)) this.#book.sample({ metric: 'review', subject: material, label }, 1);
    this.#tell(item, atMs, emit);
  }

  /** What lies on the table lay there for `observedS`. */
  #average(observedS: number): void {
    if (this.#table === undefined || observedS <= 0) return;
    const { weight } = this.#settings.waste;
    this.#averages.during(observedS, (add) => {
      for (const item of this.#table?.present ?? []) {
        const { material, label } = this.#nameOf(item);
        const heavy = weight === 'area' ? areaOf(item.box) : 1;
        add('composition', material, label, heavy);
        if (!this.#allows(material)) add('contamination', material, label, heavy);
        if (this.#isUnsure(item)) add('review', material, label, 1);
      }
    });
  }

  #tell(item: WasteItem, atMs: number, emit: Emit): void {
    const { material, label } = this.#nameOf(item);
    emit({
      kind: 'item',
      atMs,
      track: item.tracks.at(-1) ?? 0,
      label,
      material,
      score: scoreOf(item),
      allowed: this.#allows(material),
      review: this.#isUnsure(item),
    });
  }

  #nameOf({ label }: WasteItem): { readonly material: string; readonly label: string } {
    return { material: this.#taxonomy.materialOf(label) ?? 'unknown', label };
  }

  #allows(material: string): boolean {
    return this.#settings.waste.allowed?.includes(material) ?? true;
  }

  #isUnsure(item: WasteItem): boolean {
    return scoreOf(item) < this.#settings.waste.reviewBelow;
  }
}

function howOf({ waste }: CameraSettings): string {
  return `${waste.count} ${waste.weight}`;
}
