import type { SettingsFault } from '../../../config/camera-settings/fault.ts';

interface Props {
  readonly faults: readonly SettingsFault[];
  /** Goes to where a fault is; paths that lead nowhere are text. */
  readonly onShow?: ((path: string) => void) | undefined;
}

/** What is wrong with a document, by path and, where there is a text, by line. */
export function FaultList({ faults, onShow }: Props) {
  if (faults.length === 0) return null;
  return (
    <div class="fault-list" role="alert">
      <p>
        <b>{faults.length === 1 ? 'One thing is wrong:' : `${faults.length} things are wrong:`}</b>
      </p>
      <ul>
        {faults.map((fault) => (
          <li key={`${fault.path} ${fault.message}`}>
            {fault.line !== undefined && <span class="chip">line {fault.line}</span>} {fault.message}
            {onShow !== undefined && fault.path !== '' && (
              <button type="button" class="button is-small" onClick={() => onShow(fault.path)}>
                Show
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
