import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { SettingsEditor } from '../settings/settings-editor.tsx';
import { readStored } from '../settings/settings-source.ts';
import { useResource } from '../state/use-resource.ts';
import { CameraTabs } from './camera-tabs.tsx';

/** A camera's settings as a whole. */
export function CameraSettingsTab({ camera }: { readonly camera: string }) {
  const { api } = useLive();
  const stored = useResource(`settings ${camera}`, (signal) => readStored(api, camera, signal));
  return (
    <>
      <CameraTabs camera={camera} tab="settings" />
      <Loadable resource={stored} what={`the settings of ${camera}`}>
        {(value) => <SettingsEditor key={camera} camera={camera} stored={value} />}
      </Loadable>
    </>
  );
}
