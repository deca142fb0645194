import { useRef, useState } from 'preact/hooks';
import type { CameraSummary } from '../../../core/protocol.ts';
import { foundText } from '../format/found-text.ts';
import { formatMs, formatRate, formatTime, NOTHING } from '../format/numbers.ts';
import { LedgerLine } from '../ledger/ledger-line.tsx';
import type { CameraEntry } from '../live/camera-book.ts';
import { useLive } from '../live/live.ts';
import { FrameCanvas } from '../picture/frame-canvas.tsx';
import { useLiveFrames } from '../picture/use-live-frames.ts';
import { cameraHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import { useVisible } from './use-visible.ts';

/** One camera of the wall. Away from the screen it is its name and an empty box of the same size. */
export function CameraTile({ camera, connected }: CameraEntry) {
  const ref = useRef<HTMLLIElement>(null);
  const visible = useVisible(ref);
  return (
    <li ref={ref} class={connected ? 'tile' : 'tile is-offline'} data-camera={camera}>
      <h3 class="tile-name">
        <span class={connected ? 'dot is-good' : 'dot'} />
        {/* Its ::after covers the whole tile; there from the start, so that the focus survives scrolling. */}
        <a href={cameraHref(camera)}>{camera}</a>
      </h3>
      {visible ? <TileBody camera={camera} connected={connected} /> : <div class="tile-picture" />}
    </li>
  );
}

function TileBody({ camera, connected }: CameraEntry) {
  const live = useLive();
  const summary = useStore(live.cameras.camera(camera));
  const source = useLiveFrames(camera);
  // `undefined` until the first picture was drawn.
  const [found, setFound] = useState<string>();
  return (
    <>
      <div class="tile-picture">
        <FrameCanvas
          source={source}
          description={`${camera}: ${found || 'nothing found'}`}
          onPaint={(frame) => setFound(foundText(frame.detections))}
        />
        {found === undefined && <p class="picture-note">{connected ? 'Waiting for a picture' : 'Offline'}</p>}
        {found !== undefined && !connected && <p class="picture-badge">Offline</p>}
      </div>
      <TileFigures summary={summary} />
      <p class="tile-found">{found || (found === undefined ? lastSeen(summary) : 'Nothing found')}</p>
      {summary !== undefined && <LedgerLine ledger={summary.ledger} />}
    </>
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

const lastSeen = (summary: CameraSummary | undefined): string =>
  summary === undefined || summary.lastFrameAt === null
    ? 'No picture yet'
    : `Last picture ${formatTime(summary.lastFrameAt)}`;
