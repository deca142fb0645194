export function AlertsPage() {
  return <p class="page-note">AlertsPage</p>;
}
