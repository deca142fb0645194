/** A viewfinder's corners around what it found; the same drawing as favicon.svg. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M8 12V9.5A1.5 1.5 0 0 1 9.5 8H12M20 8h2.5A1.5 1.5 0 0 1 24 9.5V12M24 20v2.5A1.5 1.5 0 0 1 22.5 24H20M12 24H9.5A1.5 1.5 0 0 1 8 22.5V20" />
      <circle cx="16" cy="16" r="3.6" />
    </svg>
  );
}
