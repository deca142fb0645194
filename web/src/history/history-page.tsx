export function HistoryPage() {
  return <p class="page-note">HistoryPage</p>;
}
