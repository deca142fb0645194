import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useTheme } from '../layout/theme-switch.tsx';
import { useStore } from '../state/use-store.ts';
import { stack } from './stack.ts';
import { hatchUnobserved } from './unobserved.ts';

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
  /** Beside figures that say the same: no legend, and times without their date. */
  readonly compact?: boolean;
  /** From 0 unless a lowest value is asked for. */
  readonly min?: number;
  readonly max?: number;
  /** Series stand on each other: the height of all together is their sum. Their legend cannot be clicked then. */
  readonly stacked?: boolean;
  /** Each time begins an interval, and the last one ends here: the axis goes that far, and bars fill their interval. */
  readonly endMs?: number;
  /** Share of each interval that was observed, 0 to 1; hatched where that is too little to rely on. */
  readonly observed?: readonly (number | null)[];
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
  const shape = JSON.stringify([
    series.map(({ name, colour, drawn }) => [name, colour, drawn]),
    ...[props.unit, shown, props.stacked, props.endMs !== undefined, props.min, props.max],
  ]);

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

  return <div class={props.stacked ? 'chart is-stacked' : 'chart'} ref={host} role="img" aria-label={label} />;
}

const data = (props: Props): uPlot.AlignedData => [
  props.timesMs.map((ms) => ms / 1_000),
  ...(props.stacked ? stack(props.series) : props.series.map(({ values }) => [...values])),
];

/** The order in which series are drawn: of a stack the sum of all first, so that those before stand in front of it. */
const drawnSeries = ({ series, stacked }: Props): readonly ChartSeries[] => (stacked ? [...series].reverse() : series);

function options(element: HTMLElement, height: number, props: { readonly current: Props }): uPlot.Options {
  const style = getComputedStyle(element);
  const colourOf = (name: string): string => (name.startsWith('--') ? style.getPropertyValue(name).trim() : name);
  const quiet = colourOf('--quiet');
  const grid = { stroke: colourOf('--line'), width: 1 };
  const font = `12px ${style.fontFamily}`;
  const { unit, syncKey, onRange, endMs, compact = false } = props.current;
  const bars = uPlot.paths.bars?.(endMs === undefined ? { size: [0.8, 60] } : { size: [0.86, 120], align: 1 });
  return {
    width: element.clientWidth,
    height,
    // The same on every machine that looks: 24 h, and the visitor's own zone.
    fmtDate: (template) =>
      uPlot.fmtDate(
        template
          .replace('{h}', '{H}')
          .replace('{aa}', '')
          .replace('{M}/{D}/{YY}', '{D} {MMM} {YYYY}')
          .replace('{M}/{D}', '{D} {MMM}'),
      ),
    scales: {
      x: { time: true, ...(endMs === undefined ? {} : { range: () => wholeRange(props.current) }) },
      y: { range: (_, low, high) => range(props.current, low, high) },
    },
    axes: [
      { stroke: quiet, grid, ticks: grid, font, ...(compact ? { values: clockTimes, space: 70 } : {}) },
      { stroke: quiet, grid, ticks: grid, font, size: 54 },
    ],
    legend: { show: !compact },
    cursor: {
      ...(syncKey === undefined ? {} : { sync: { key: syncKey } }),
      drag: { x: onRange !== undefined, y: false, setScale: false },
      points: { size: 6 },
    },
    hooks: {
      drawAxes: [(chart) => hatchUnobserved(chart, props.current, quiet)],
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
      ...drawnSeries(props.current).map(({ name, colour, drawn = 'line' }, i): uPlot.Series => {
        const stroke = colourOf(colour);
        return {
          label: name,
          stroke,
          width: drawn === 'bars' ? 0 : 1.75,
          ...(drawn === 'bars' ? { fill: stroke, points: { show: false } } : { points: { show: false } }),
          ...(drawn === 'bars' && bars !== undefined ? { paths: bars } : {}),
          value: (_, drawnValue, __, at) => {
            // Of a stack the sum is drawn; the legend tells the series' own.
            const value = at == null ? drawnValue : drawnSeries(props.current)[i]?.values[at];
            return value == null ? '–' : `${number.format(value)}${unit === undefined ? '' : ` ${unit}`}`;
          },
        };
      }),
    ],
  };
}

const clockTimes = (_: uPlot, splits: readonly number[]): string[] =>
  splits.map((s) => new Date(s * 1_000).toLocaleTimeString('en-GB'));

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** From the first interval's beginning to the last one's end, s. */
function wholeRange({ timesMs, endMs }: Props): [number, number] {
  const from = (timesMs[0] ?? 0) / 1_000;
  const to = (endMs ?? timesMs.at(-1) ?? 0) / 1_000;
  return [from, to > from ? to : from + 1];
}

/** From 0 to a little over the highest; a course of nothing but noughts keeps a visible axis. */
function range({ min, max }: Props, low: number | null, high: number | null): [number, number] {
  const from = min ?? Math.min(0, low ?? 0);
  const to = max ?? (high ?? 0) * 1.06;
  return [from, to > from ? to : from + 1];
}
