import { useState } from 'preact/hooks';

/** A shell command with a button that copies it. */
export function CommandLine({ command }: { readonly command: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(command).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div class="command">
      <code>{command}</code>
      {/* Browsers give the clipboard to secure pages only. */}
      {window.isSecureContext && (
        <button type="button" class="button is-small" onClick={copy}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      )}
    </div>
  );
}
