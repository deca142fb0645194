/** The beginning of an interval as a table has it: the day alone where intervals are days. */
export function intervalLabel(startMs: number, interval: string, timeZone: string): string {
  const isDays = interval === 'day' || /^\d+d$/.test(interval);
  const moment = new Date(startMs);
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, day: '2-digit', month: 'short', year: 'numeric' });
  const time = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' },
  });
  return (isDays ? day : time).format(moment);
}
