import type { IncidentScene } from './incident-scene.ts';
import { seconds } from './incident-scene.ts';

const NAMES = ['free', 'dense', 'slow', 'standing'] as const;
/** It is over after it was gone for as long as it had to last, within these. */
const ENDS_S_MIN = 5;
const ENDS_S_MAX = 30;

/** Dense, slow or standing traffic that lasts. A short easing does not begin the time anew. */
export function watchCongestion(
  scene: IncidentScene,
  settings: { readonly level: number; readonly afterS: number },
): void {
  const { watch, incidents, observedS, atMs } = scene;
  const { id } = watch.zone.settings;
  const { state } = watch;
  const holds = state.level >= settings.level;
  state.congestedS = holds ? state.congestedS + observedS : Math.max(0, state.congestedS - 3 * observedS);
  const open = incidents.open.find((o) => o.kind === 'congestion' && o.zone === id);
  if (open !== undefined) {
    open.goneS = holds ? 0 : open.goneS + observedS;
    const endsS = Math.min(ENDS_S_MAX, Math.max(ENDS_S_MIN, settings.afterS));
    if (open.goneS >= endsS) {
      state.congestedS = 0;
      incidents.end(open, 'traffic flows', atMs, scene.emit);
    }
  } else if (state.congestedS >= settings.afterS) {
    const speed = state.meanKmh === null ? '' : ` at ${Math.round(state.meanKmh)} km/h`;
    incidents.begin(
      { kind: 'congestion', zone: id, track: null, label: null, box: null },
      `traffic in ${id} has been ${NAMES[state.level] ?? 'dense'} for ${seconds(state.congestedS)}: ${state.vehicles} vehicles${speed}, ${state.standing} of them standing`,
      atMs,
      scene.measures,
      scene.emit,
    );
  }
}
