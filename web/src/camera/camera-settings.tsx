export function CameraSettingsTab({ camera }: { readonly camera: string }) {
  return <p class="page-note">{camera}</p>;
}
