import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useTheme } from '../layout/theme-switch.tsx';
import { useStore } from '../state/use-store.ts';

export interface ChartSeries {
  readonly name: string;
  /** A custom property of the style sheet: `--accent`; or a colour. */
  readonly colour: string;
  /** One value per time; null where nothing was observed: the line breaks there. */
  readonly values: readonly (number | null)[];
  /** Bars stand for what was counted in an interval, lines for what was measured at a moment. */
  readonly drawn?: 'line' | 'bars';
}

interface Props {
  /** What a screen reader says, in a sentence; the figures themselves stand in a table beside or below. */
  readonly label: string;
  /** ms since the Unix epoch, ascending; as many as each series has values. */
  readonly timesMs: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Behind the figures of the legend. */
  readonly unit?: string;
  readonly heightPx?: number;
  /** From 0 unless a lowest value is asked for. */
  readonly min?: number;
  readonly max?: number;
  /** Charts of one name move their cursors together. */
  readonly syncKey?: string;
  /** The visitor dragged over a range: ms since the Unix epoch. */
  readonly onRange?: (fromMs: number, toMs: number) => void;
}

/** Figures over time. uPlot draws on a canvas: thousands of points cost nothing worth naming. */
export function TimeChart(props: Props) {
  const { label, timesMs, series, heightPx = 220 } = props;
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const theme = useTheme();
  useStore(theme);
  const shown = theme.shown;
  const shape = JSON.stringify([series.map(({ name, colour, drawn }) => [name, colour, drawn]), props.unit, shown]);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const made = new uPlot(options(element, heightPx, latest), data(latest.current), element);
    chart.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      chart.current = undefined;
      made.destroy();
    };
  }, [shape, heightPx]);

  useEffect(() => chart.current?.setData(data({ ...latest.current, timesMs, series })), [timesMs, series]);

  return <div class="chart" ref={host} role="img" aria-label={label} />;
}

const data = ({ timesMs, series }: Props): uPlot.AlignedData => [
  timesMs.map((ms) => ms / 1_000),
  ...series.map(({ values }) => [...values]),
];

function options(element: HTMLElement, height: number, props: { readonly current: Props }): uPlot.Options {
  const style = getComputedStyle(element);
  const colourOf = (name: string): string => (name.startsWith('--') ? style.getPropertyValue(name).trim() : name);
  const quiet = colourOf('--quiet');
  const grid = { stroke: colourOf('--line'), width: 1 };
  const font = `12px ${style.fontFamily}`;
  const { series, unit, syncKey, onRange } = props.current;
  const bars = uPlot.paths.bars?.({ size: [0.8, 60] });
  return {
    width: element.clientWidth,
    height,
    // The same on every machine that looks: 24 h, and the visitor's own zone.
    fmtDate: (template) => uPlot.fmtDate(template.replace('{h}', '{H}').replace('{aa}', '')),
    scales: {
      x: { time: true },
      y: { range: (_, low, high) => range(props.current, low, high) },
    },
    axes: [
      { stroke: quiet, grid, ticks: grid, font },
      { stroke: quiet, grid, ticks: grid, font, size: 54 },
    ],
    cursor: {
      ...(syncKey === undefined ? {} : { sync: { key: syncKey } }),
      drag: { x: onRange !== undefined, y: false, setScale: false },
      points: { size: 6 },
    },
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const at = (px: number): number => chart.posToVal(px, 'x') * 1_000;
          props.current.onRange?.(at(chart.select.left), at(chart.select.left + chart.select.width));
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
    series: [
      { value: (_, s) => (s == null ? '–' : new Date(s * 1_000).toLocaleString('en-GB')) },
      ...series.map(({ name, colour, drawn = 'line' }): uPlot.Series => {
        const stroke = colourOf(colour);
        return {
          label: name,
          stroke,
          width: drawn === 'bars' ? 0 : 1.75,
          ...(drawn === 'bars' ? { fill: stroke, points: { show: false } } : { points: { show: false } }),
          ...(drawn === 'bars' && bars !== undefined ? { paths: bars } : {}),
          value: (_, value) => (value == null ? '–' : `${number.format(value)}${unit === undefined ? '' : ` ${unit}`}`),
        };
      }),
    ],
  };
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** From 0 to a little over the highest; a course of nothing but noughts keeps a visible axis. */
function range({ min, max }: Props, low: number | null, high: number | null): [number, number] {
  const from = min ?? Math.min(0, low ?? 0);
  const to = max ?? (high ?? 0) * 1.06;
  return [from, to > from ? to : from + 1];
}
