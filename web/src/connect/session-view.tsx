import { useCallback, useState } from 'preact/hooks';
import { foundText } from '../format/found-text.ts';
import { DetectionsTable } from '../picture/detections-table.tsx';
import { FrameCanvas, type FrameSource } from '../picture/frame-canvas.tsx';
import type { PaintedFrame } from '../picture/frame-painter.ts';
import { cameraHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import type { CameraSession } from './camera-session.ts';
import { SessionFacts } from './session-facts.tsx';
import { SessionPhaseLine } from './session-phase-line.tsx';

/** A running session: each analysed picture with its boxes, what was sent and answered, and the way to stop. */
export function SessionView({ session }: { readonly session: CameraSession }) {
  const state = useStore(session.state);
  const [painted, setPainted] = useState<PaintedFrame>();
  const source = useCallback<FrameSource>(
    (show) => {
      const push = () => {
        const last = session.result.get();
        if (last !== undefined) {
          show({ seq: last.result.seq, picture: last.picture, detections: last.result.detections });
        }
      };
      push();
      return session.result.subscribe(push);
    },
    [session],
  );
  return (
    <div class="camera-columns session" data-phase={state.phase.kind}>
      <div class="camera-main">
        <div class="large-picture">
          <FrameCanvas
            source={source}
            description={`${session.camera}: ${painted === undefined ? 'no result yet' : foundText(painted.detections) || 'nothing found'}`}
            onPaint={setPainted}
          />
          {painted === undefined && <p class="picture-note">Waiting for the first result</p>}
        </div>
        <section class="card">
          <h3>In this picture</h3>
          {painted === undefined ? <p class="note">No result yet.</p> : <DetectionsTable {...painted} />}
        </section>
      </div>
      <aside class="camera-side">
        <section class="card">
          <h3>{session.camera}</h3>
          <SessionPhaseLine phase={state.phase} />
          <SessionFacts state={state} source={session.source} />
          <div class="buttons">
            <button type="button" class="button is-danger" onClick={() => session.stop()}>
              Stop
            </button>
            <a class="button" href={cameraHref(session.camera)}>
              As others see it
            </a>
          </div>
          <p class="quiet">Keep this tab in front: browsers slow hidden ones down.</p>
        </section>
      </aside>
    </div>
  );
}
