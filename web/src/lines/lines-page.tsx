import { CameraTabs } from '../camera/camera-tabs.tsx';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { readStored } from '../settings/settings-source.ts';
import { useResource } from '../state/use-resource.ts';
import { LinesEditor } from './lines-editor.tsx';

/** A camera's lines, zones and measured ground, drawn on its live picture. */
export function LinesPage({ camera }: { readonly camera: string }) {
  const { api } = useLive();
  const stored = useResource(`lines ${camera}`, (signal) => readStored(api, camera, signal));
  return (
    <>
      <CameraTabs camera={camera} tab="lines" />
      <Loadable resource={stored} what={`the settings of ${camera}`}>
        {(value) => <LinesEditor key={camera} camera={camera} stored={value} />}
      </Loadable>
    </>
  );
}
