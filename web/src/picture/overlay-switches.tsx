import { useStore } from '../state/use-store.ts';
import { OVERLAY_PARTS, type OverlayPlace, overlayStore } from './overlay.ts';

/** Which of boxes, trails, numbers, lines and zones are drawn over pictures here. */
export function OverlaySwitches({ place }: { readonly place: OverlayPlace }) {
  const store = overlayStore(place);
  const choice = useStore(store);
  return (
    <fieldset class="overlay-switches">
      <legend class="visually-hidden">Drawn over pictures</legend>
      {OVERLAY_PARTS.map(([part, name]) => (
        <label key={part} class="switch">
          <input
            type="checkbox"
            checked={choice[part]}
            onChange={(event) => store.set({ ...choice, [part]: event.currentTarget.checked })}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
