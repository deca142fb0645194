export function DevicesPage() {
  return <p class="page-note">DevicesPage</p>;
}
