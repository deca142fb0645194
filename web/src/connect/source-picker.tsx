import { useState } from 'preact/hooks';
import { parseCameraId } from '../../../core/ids.ts';
import { useBrowserCamera } from './browser-camera.ts';
import { rememberCameraName, rememberedCameraName } from './camera-name.ts';
import { FileDrop } from './file-drop.tsx';
import { openFile } from './file-source.ts';
import { type PictureSource, SourceError } from './picture-source.ts';
import { openWebcam } from './webcam-source.ts';

/** Asks for a name and a source; `ended` says why the camera before this one ended by itself. */
export function SourcePicker({ ended }: { readonly ended: string | undefined }) {
  const browserCamera = useBrowserCamera();
  const [name, setName] = useState(() => rememberedCameraName(window.sessionStorage));
  const [opening, setOpening] = useState(false);
  const [fault, setFault] = useState<string | undefined>(ended);
  const camera = parseCameraId(name);

  const start = async (open: () => Promise<PictureSource>) => {
    if (camera === undefined) return;
    setOpening(true);
    setFault(undefined);
    try {
      const source = await open();
      rememberCameraName(window.sessionStorage, camera);
      browserCamera.start(camera, source);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      setFault(error.message);
    } finally {
      setOpening(false);
    }
  };

  return (
    <section class="card picker" aria-busy={opening}>
      <label class="labelled">
        Camera name
        <input
          class="field"
          value={name}
          maxLength={64}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={camera === undefined}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      {camera === undefined && <p class="note is-bad">Letters, digits, dot, underscore and hyphen; 1 to 64 of them.</p>}
      <div class="picker-choices">
        <button
          type="button"
          class="button is-primary choice"
          disabled={opening || camera === undefined}
          onClick={() => void start(openWebcam)}
        >
          Use the webcam
        </button>
        <FileDrop disabled={opening || camera === undefined} onFile={(file) => void start(() => openFile(file))} />
      </div>
      {fault !== undefined && (
        <p class="note is-bad" role="alert">
          {fault}
        </p>
      )}
      <p class="quiet">Pictures go to this node only, at the rate and size it asks for.</p>
    </section>
  );
}
