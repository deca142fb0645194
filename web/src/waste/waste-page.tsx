export function WastePage() {
  return <p class="page-note">WastePage</p>;
}
