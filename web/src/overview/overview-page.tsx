export function OverviewPage() {
  return <p class="page-note">OverviewPage</p>;
}
