export function ClusterPage() {
  return <p class="page-note">ClusterPage</p>;
}
