import { useEffect, useState } from 'preact/hooks';
import type { WatchedFrameHead } from '../../../core/protocol.ts';
import { foundText } from '../format/found-text.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import { LedgerTable } from '../ledger/ledger-table.tsx';
import { useLive } from '../live/live.ts';
import { DetectionsTable } from '../picture/detections-table.tsx';
import { FrameCanvas } from '../picture/frame-canvas.tsx';
import type { PaintedFrame } from '../picture/frame-painter.ts';
import { OverlaySwitches } from '../picture/overlay-switches.tsx';
import { useLiveFrames } from '../picture/use-live-frames.ts';
import { useOverlay } from '../picture/use-overlay.ts';
import { pageHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import { CameraAlerts } from './camera-alerts.tsx';
import { CameraFacts } from './camera-facts.tsx';
import { CameraTabs } from './camera-tabs.tsx';
import { EventsList } from './events-list.tsx';
import { HealthCard } from './health-card.tsx';
import { addEvents, type SeenEvent } from './recent-events.ts';
import { addSightings, type Sighting } from './sightings.ts';
import { SightingsTable } from './sightings-table.tsx';

/** One camera, large: its picture with what is found in it, what happens, its figures, its health and its account. */
export function CameraPage({ camera }: { readonly camera: string }) {
  const { cameras } = useLive();
  const summary = useStore(cameras.camera(camera));
  const complete = useStore(cameras.complete);
  useEffect(() => window.scrollTo(0, 0), []);
  return (
    <section class="camera-page" aria-label={`Camera ${camera}`}>
      <CameraTabs camera={camera} tab="live" />
      {complete && summary === undefined ? (
        <EmptyState title="No node knows this camera">
          <p>It has not sent a picture since the nodes started, or its name is written differently.</p>
          <p>
            <a href={pageHref('cameras', { q: camera })}>Look for it among the cameras</a>
          </p>
        </EmptyState>
      ) : (
        <LiveView camera={camera} />
      )}
    </section>
  );
}

function LiveView({ camera }: { readonly camera: string }) {
  const { cameras } = useLive();
  const summary = useStore(cameras.camera(camera));
  const source = useLiveFrames(camera);
  const overlay = useOverlay(camera, 'camera');
  const [painted, setPainted] = useState<PaintedFrame>();
  const { head, sightings, events } = useCameraFeed(camera);
  const analysed = painted === undefined || painted.isStill ? undefined : painted;
  return (
    <div class="camera-columns">
      <div class="camera-main">
        <div class="large-view">
          <div class="large-picture">
            <FrameCanvas
              source={source}
              description={`${camera}: ${painted === undefined ? 'no picture yet' : foundText(painted.detections) || 'nothing found'}`}
              onPaint={setPainted}
              overlay={overlay}
            />
            {painted === undefined && <p class="picture-note">Waiting for a picture</p>}
            {painted?.isStill === true && <p class="picture-badge">Last picture</p>}
          </div>
          <OverlaySwitches place="camera" />
        </div>
        {/* Side by side: rows that come and go with each picture then move nothing below them. */}
        <div class="camera-tables">
          <section class="card">
            <h3>What happens</h3>
            <EventsList events={events} />
          </section>
          <section class="card">
            <h3>Recently seen</h3>
            <SightingsTable sightings={sightings} />
          </section>
          <section class="card">
            <h3>In this picture</h3>
            {analysed === undefined ? <p class="note">No picture yet.</p> : <DetectionsTable {...analysed} />}
          </section>
        </div>
      </div>
      <aside class="camera-side">
        <section class="card">
          <h3>Stream</h3>
          <CameraFacts summary={summary} head={head} />
        </section>
        <HealthCard camera={camera} />
        <CameraAlerts camera={camera} />
        {summary !== undefined && (
          <section class="card">
            <h3>Ledger</h3>
            <LedgerTable ledger={summary.ledger} />
          </section>
        )}
      </aside>
    </div>
  );
}

interface CameraFeed {
  readonly head: WatchedFrameHead | undefined;
  readonly sightings: readonly Sighting[];
  readonly events: readonly SeenEvent[];
}

const NOTHING_YET: CameraFeed = { head: undefined, sightings: [], events: [] };

/** The last frame's head, what was seen and what happened so far; begins anew for another camera. */
function useCameraFeed(camera: string): CameraFeed {
  const { frames } = useLive();
  const [feed, setFeed] = useState(NOTHING_YET);
  useEffect(() => {
    setFeed(NOTHING_YET);
    return frames.follow(camera, ({ head }) =>
      setFeed(({ sightings, events }) => ({
        head,
        sightings: addSightings(sightings, head),
        events: addEvents(events, head),
      })),
    );
  }, [frames, camera]);
  return feed;
}
