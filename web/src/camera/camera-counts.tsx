export function CameraCounts({ camera }: { readonly camera: string }) {
  return <p class="page-note">{camera}</p>;
}
