import { Counter, type Registry } from 'prom-client';
import type { Detection } from '../../core/detection.ts';
import { pulled } from './pulled-metric.ts';

/** Models served one after the other by one process; past it the one that ran longest ago is forgotten. */
const MODELS_MAX = 8;
/** Classes of one model that are told apart; what is found of others is counted as `other`. */
const LABELS_MAX = 128;
const TENTHS = 10;

interface ModelCounts {
  frames: number;
  readonly byTenth: Float64Array;
  readonly byLabel: Map<string, number>;
}

/**
 * Counts what models find, by score and by class: how these shares move against earlier days shows that a model drifts
 * from its scenes. Costs a frame one pass over its detections.
 */
export class DetectionMeter {
  /** In the order they ran last. */
  readonly #models = new Map<string, ModelCounts>();
  #last: { readonly model: string; readonly counts: ModelCounts } | undefined;

  /** @param model `name@version` */
  observe(model: string, detections: readonly Detection[]): void {
    const counts = this.#last?.model === model ? this.#last.counts : this.#countsOf(model);
    counts.frames++;
    for (const { score, label } of detections) {
      const tenth = Math.min(TENTHS - 1, Math.max(0, Math.floor(score * TENTHS)));
      counts.byTenth[tenth] = (counts.byTenth[tenth] ?? 0) + 1;
      const known = counts.byLabel.get(label);
      if (known !== undefined) counts.byLabel.set(label, known + 1);
      else countNew(counts.byLabel, label);
    }
  }

  register(registry: Registry): void {
    const models = this.#models;
    pulled(registry, Counter, 'camshard_inferred_frames_total', 'Frames a model ran on.', ['model'], function* () {
      for (const [model, { frames }] of models) yield [{ model }, frames] as const;
    });
    pulled(
      registry,
      Counter,
      'camshard_detections_by_score_total',
      'Objects found, by model and by the tenth their score (0 to 1) lies in: 0.3 is from 0.3 to less than 0.4. Its shares show drift.',
      ['model', 'score'],
      function* () {
        for (const [model, { byTenth }] of models) {
          for (const [tenth, n] of byTenth.entries()) yield [{ model, score: (tenth / TENTHS).toFixed(1) }, n] as const;
        }
      },
    );
    pulled(
      registry,
      Counter,
      'camshard_detections_total',
      'Objects found, by model and class; of more than 128 classes the rest is `other`.',
      ['model', 'label'],
      function* () {
        for (const [model, { byLabel }] of models) {
          for (const [label, n] of byLabel) yield [{ model, label }, n] as const;
        }
      },
    );
  }

  #countsOf(model: string): ModelCounts {
    const counts = this.#models.get(model) ?? { frames: 0, byTenth: new Float64Array(TENTHS), byLabel: new Map() };
    this.#models.delete(model);
    this.#models.set(model, counts);
    if (this.#models.size > MODELS_MAX) {
      const [oldest] = this.#models.keys();
      if (oldest !== undefined) this.#models.delete(oldest);
    }
    this.#last = { model, counts };
    return counts;
  }
}

function countNew(byLabel: Map<string, number>, label: string): void {
  const name = byLabel.size < LABELS_MAX ? label : 'other';
  byLabel.set(name, (byLabel.get(name) ?? 0) + 1);
}
