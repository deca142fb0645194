import type { Alert } from '../api/answers.gen.ts';
import { figureText, unitOf } from './alert-figures.ts';

const WIDTH = 320;
/** Room beyond the larger of the two. */
const HEADROOM = 1.15;

/** The figure that raised the alert against its threshold. */
export function FigureBar({ alert }: { readonly alert: Alert }) {
  const { value, threshold } = alert;
  if (value === null) return null;
  const unit = unitOf(alert);
  const text = (figure: number): string => `${figureText(alert, figure)}${unit === '' ? '' : ` ${unit}`}`;
  const end = Math.max(value, threshold ?? 0) * HEADROOM || 1;
  const x = (figure: number): number => Math.max(0, Math.min(WIDTH, (figure / end) * WIDTH));
  return (
    <div class="figure-bar">
      <dl>
        <div>
          <dt>Value</dt>
          <dd data-figure="value">{text(value)}</dd>
        </div>
        {threshold !== null && (
          <div>
            <dt>Threshold</dt>
            <dd data-figure="threshold">{text(threshold)}</dd>
          </div>
        )}
      </dl>
      <svg viewBox={`0 0 ${WIDTH} 18`} role="img" preserveAspectRatio="none">
        <title>{`${text(value)}${threshold === null ? '' : `, threshold ${text(threshold)}`}`}</title>
        <rect class="track" x="0" y="5" width={WIDTH} height="8" rx="4" />
        <rect class={`value is-${alert.severity}`} x="0" y="5" width={x(value)} height="8" rx="4" />
        {threshold !== null && <line class="threshold" x1={x(threshold)} x2={x(threshold)} y1="0" y2="18" />}
      </svg>
    </div>
  );
}
