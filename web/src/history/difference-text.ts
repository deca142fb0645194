/** `+12 %` of the period before; `–` where either is not known. */
export function differenceText(now: number | null, before: number | null): string {
  if (now === null || before === null || before === 0) return '–';
  const percent = Math.round((now / before - 1) * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : '±'}${Math.abs(percent)} %`;
}
