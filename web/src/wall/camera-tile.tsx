import { useEffect, useState } from 'preact/hooks';
import type { CameraSummary } from '../../../core/protocol.ts';
import type { Alert } from '../api/answers.gen.ts';
import { foundText } from '../format/found-text.ts';
import { formatMs, formatRate, formatTime, NOTHING } from '../format/numbers.ts';
import { LedgerLine } from '../ledger/ledger-line.tsx';
import type { CameraEntry } from '../live/camera-book.ts';
import { useLive } from '../live/live.ts';
import { FrameCanvas } from '../picture/frame-canvas.tsx';
import { useLiveFrames } from '../picture/use-live-frames.ts';
import { useOverlay } from '../picture/use-overlay.ts';
import { cameraHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import { memo } from './memo.ts';
import { settle } from './settle-queue.ts';

interface Props {
  readonly entry: CameraEntry;
  readonly alerts: readonly Alert[];
  /** Where it stands in the wall, CSS pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** From 1, of so many: most of them are not in the document. */
  readonly position: number;
  readonly of: number;
}

/** One camera of the wall: its live picture, its figures, its account. Scrolled past, it is its name and an empty box. */
export const CameraTile = memo(function CameraTile({ entry, alerts, x, y, width, height, position, of }: Props) {
  const { camera, state } = entry;
  const [settled, setSettled] = useState(false);
  const [pointed, setPointed] = useState(false);
  useEffect(() => settle(() => setSettled(true)), []);
  return (
    <li
      class={state === 'offline' ? 'tile is-offline' : 'tile'}
      data-camera={camera}
      data-state={state}
      aria-posinset={position}
      aria-setsize={of}
      style={{ transform: `translate(${x}px, ${y}px)`, width: `${width}px`, height: `${height}px` }}
      onMouseEnter={() => setPointed(true)}
      onMouseLeave={() => setPointed(false)}
      onFocusIn={() => setPointed(true)}
      onFocusOut={() => setPointed(false)}
    >
      <h3 class="tile-name">
        <span class={DOTS[state]} />
        {/* Its ::after covers the whole tile; there from the start, so that the focus survives scrolling. */}
        <a href={cameraHref(camera)}>{camera}</a>
        {state !== 'live' && <span class="visually-hidden">{state}</span>}
      </h3>
      {settled ? <TileBody entry={entry} alerts={alerts} pointed={pointed} /> : <div class="tile-picture" />}
    </li>
  );
});

interface BodyProps extends Pick<Props, 'entry' | 'alerts'> {
  /** By the mouse or the keyboard: what its account holds is told in full. */
  readonly pointed: boolean;
}

function TileBody({ entry: { camera, state }, alerts, pointed }: BodyProps) {
  const live = useLive();
  const summary = useStore(live.cameras.camera(camera));
  const source = useLiveFrames(camera);
  const overlay = useOverlay(camera, 'wall');
  // `undefined` until the first picture was drawn.
  const [found, setFound] = useState<string>();
  return (
    <>
      <div class="tile-picture">
        <FrameCanvas
          source={source}
          description={`${camera}: ${found || 'nothing found'}`}
          onPaint={(frame) => setFound(frame.isStill ? '' : foundText(frame.detections))}
          overlay={overlay}
        />
        {found === undefined && (
          <p class="picture-note">{state === 'live' ? 'Waiting for a picture' : STATES[state]}</p>
        )}
        {found !== undefined && state !== 'live' && <p class="picture-badge">{STATES[state]}</p>}
        {alerts.length > 0 && <TileAlerts alerts={alerts} />}
      </div>
      <TileFigures summary={summary} />
      <p class="tile-found">{found || (summary === undefined ? NOTHING : whatElse(summary, found))}</p>
      {summary !== undefined && <LedgerLine ledger={summary.ledger} detailed={pointed} />}
    </>
  );
}

const DOTS = { live: 'dot is-good', silent: 'dot is-warn', offline: 'dot' } as const;
const STATES = { live: 'Live', silent: 'Silent', offline: 'Offline' } as const;

function TileAlerts({ alerts }: { readonly alerts: readonly Alert[] }) {
  const critical = alerts.some(({ severity }) => severity === 'critical');
  const text = alerts.length === 1 ? (alerts[0]?.title ?? '') : `${alerts.length} alerts`;
  return (
    <p class={critical ? 'tile-alerts is-critical' : 'tile-alerts'} title={alerts.map(({ title }) => title).join('\n')}>
      {text}
    </p>
  );
}

function TileFigures({ summary }: { readonly summary: CameraSummary | undefined }) {
  if (summary === undefined || !summary.connected) return <p class="tile-figures">{NOTHING}</p>;
  return (
    <p class="tile-figures">
      <span title="Results per second, of pictures received per second">
        <b>{formatRate(summary.fpsOut)}</b>/{formatRate(summary.fpsIn)} fps
      </span>
      <span title="Mean time from a picture's arrival to its result">
        <b>{formatMs(summary.latencyMs)}</b> ms
      </span>
    </p>
  );
}

function whatElse({ connected, lastFrameAt }: CameraSummary, found: string | undefined): string {
  if (found !== undefined && connected) return 'Nothing found';
  return lastFrameAt === null ? 'No picture yet' : `Last picture ${formatTime(lastFrameAt)}`;
}
