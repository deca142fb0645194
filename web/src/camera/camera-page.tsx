import { useEffect, useState } from 'preact/hooks';
import type { WatchedFrameHead } from '../../../core/protocol.ts';
import { foundText } from '../format/found-text.ts';
import { LedgerTable } from '../ledger/ledger-table.tsx';
import { useLive } from '../live/live.ts';
import { DetectionsTable } from '../picture/detections-table.tsx';
import { FrameCanvas } from '../picture/frame-canvas.tsx';
import type { PaintedFrame } from '../picture/frame-painter.ts';
import { useLiveFrames } from '../picture/use-live-frames.ts';
import { pageHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import { CameraFacts } from './camera-facts.tsx';
import { addSightings, type Sighting } from './sightings.ts';
import { SightingsTable } from './sightings-table.tsx';

/** One camera, large: its picture with boxes, its figures, its account, and what it saw. */
export function CameraPage({ camera }: { readonly camera: string }) {
  const live = useLive();
  const summary = useStore(live.cameras.camera(camera));
  const known = useStore(live.cameras.known);
  const source = useLiveFrames(camera);
  const [painted, setPainted] = useState<PaintedFrame>();
  const { head, sightings } = useCameraFeed(camera);
  return (
    <section class="camera-page" aria-label={`Camera ${camera}`}>
      <div class="camera-title">
        <a class="button is-small" href={pageHref('cameras')}>
          ← All cameras
        </a>
        <h2>
          <span class={summary?.connected ? 'dot is-good' : 'dot'} />
          {camera}
        </h2>
        {known && summary?.connected !== true && <p class="quiet">{summary ? 'offline' : 'not known to this node'}</p>}
      </div>
      <div class="camera-columns">
        <div class="camera-main">
          <div class="large-picture">
            <FrameCanvas
              source={source}
              description={`${camera}: ${painted === undefined ? 'no picture yet' : foundText(painted.detections) || 'nothing found'}`}
              onPaint={setPainted}
            />
            {painted === undefined && <p class="picture-note">Waiting for a picture</p>}
          </div>
          {/* Side by side: rows that come and go with each picture then move nothing below them. */}
          <div class="camera-tables">
            <section class="card">
              <h3>Recently seen</h3>
              <SightingsTable sightings={sightings} />
            </section>
            <section class="card">
              <h3>In this picture</h3>
              {painted === undefined ? <p class="note">No picture yet.</p> : <DetectionsTable {...painted} />}
            </section>
          </div>
        </div>
        <aside class="camera-side">
          <section class="card">
            <h3>Stream</h3>
            <CameraFacts summary={summary} head={head} />
          </section>
          {summary !== undefined && (
            <section class="card">
              <h3>Ledger</h3>
              <LedgerTable ledger={summary.ledger} />
            </section>
          )}
        </aside>
      </div>
    </section>
  );
}

/** The last frame's head and what was seen so far; begins anew for another camera. */
function useCameraFeed(camera: string) {
  const { frames } = useLive();
  const [head, setHead] = useState<WatchedFrameHead>();
  const [sightings, setSightings] = useState<readonly Sighting[]>([]);
  useEffect(() => {
    setHead(undefined);
    setSightings([]);
    return frames.follow(camera, (frame) => {
      setHead(frame.head);
      setSightings((seen) => addSightings(seen, frame.head));
    });
  }, [frames, camera]);
  return { head, sightings };
}
