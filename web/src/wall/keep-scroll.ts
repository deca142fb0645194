let leftAt: { readonly hash: string; readonly y: number } | undefined;

/** Goes back to where the wall was left, where it still shows the same. @returns what remembers the place */
export function keepScroll(): () => void {
  const { hash } = window.location;
  if (leftAt?.hash === hash) window.scrollTo(0, leftAt.y);
  let y = window.scrollY;
  // When the wall is taken down the page is shorter already: where it was is known only before.
  const note = (): void => {
    if (window.location.hash === hash || window.location.hash.startsWith('#/cameras')) y = window.scrollY;
  };
  window.addEventListener('scroll', note, { passive: true });
  return () => {
    window.removeEventListener('scroll', note);
    leftAt = { hash, y };
  };
}
