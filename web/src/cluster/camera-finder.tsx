import { useEffect, useState } from 'preact/hooks';
import { parseCameraId } from '../../../core/ids.ts';
import { refusalText } from '../api/answer.ts';
import type { Shards } from '../api/answers.gen.ts';
import { browserClock } from '../browser-clock.ts';
import { useLive } from '../live/live.ts';
import { cameraHref } from '../state/route.ts';
import { useResource } from '../state/use-resource.ts';
import { useStore } from '../state/use-store.ts';

interface Props {
  readonly camera: string;
  readonly onCamera: (camera: string) => void;
  /** The camera's shard, once the node has said it. */
  readonly onFound: (shard: number | undefined) => void;
}

/** Long enough that not every letter is asked for. */
const TYPED_MS = 300;

/** Where a camera is, or would be: its shard is its id's alone, whether it was ever seen or not. */
export function CameraFinder({ camera, onCamera, onFound }: Props) {
  const [text, setText] = useState(camera);
  useEffect(() => setText(camera), [camera]);
  useEffect(() => {
    if (text.trim() === camera) return;
    const timer = browserClock.after(TYPED_MS, () => onCamera(text.trim()));
    return () => timer.cancel();
  }, [text]);
  const isId = parseCameraId(camera) !== undefined;
  return (
    <search class="camera-finder">
      <label>
        <span class="visually-hidden">Find a camera</span>
        <input
          class="field"
          type="search"
          placeholder="Find a camera by its id"
          autocomplete="off"
          spellcheck={false}
          value={text}
          aria-invalid={text.trim() !== '' && parseCameraId(text.trim()) === undefined}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="note" role="status">
        {camera === '' ? (
          ''
        ) : isId ? (
          <Found key={camera} camera={camera} onFound={onFound} />
        ) : (
          'No camera has such an id.'
        )}
      </p>
    </search>
  );
}

function Found({ camera, onFound }: { readonly camera: string; readonly onFound: Props['onFound'] }) {
  const { api, cameras } = useLive();
  const known = useStore(cameras.camera(camera));
  const found = useResource(`shard of ${camera}`, (signal) => api.get<Shards>('v1/shards', { camera }, signal), {
    everyMs: 5_000,
  });
  const row = found.value?.shards[0];
  useEffect(() => onFound(row?.shard), [row?.shard]);
  useEffect(() => () => onFound(undefined), []);
  if (row === undefined) return <>{found.refusal === undefined ? 'Asking …' : refusalText(found.refusal)}</>;
  return (
    <span data-found={camera}>
      <b>{camera}</b> is in shard <b>{row.shard}</b>,{' '}
      {row.node === null ? (
        'which nobody runs'
      ) : (
        <>
          on <b>{row.node}</b>
        </>
      )}
      . {known === undefined ? 'No node has heard of it lately.' : <a href={cameraHref(camera)}>Its page</a>}
    </span>
  );
}
