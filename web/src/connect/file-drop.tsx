import { useState } from 'preact/hooks';

interface Props {
  readonly disabled: boolean;
  readonly onFile: (file: File) => void;
}

/** Takes one picture or video file: dropped here, or chosen with the keyboard or a click. */
export function FileDrop({ disabled, onFile }: Props) {
  const [over, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file !== undefined && !disabled) onFile(file);
  };
  return (
    <label
      class={over ? 'drop is-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <input
        class="visually-hidden"
        type="file"
        accept="image/*,video/*"
        disabled={disabled}
        onChange={(event) => {
          take(event.currentTarget.files);
          // The same file may be chosen again after a stop.
          event.currentTarget.value = '';
        }}
      />
      <b>Choose a picture or video</b>
      <span>or drop it here</span>
    </label>
  );
}
