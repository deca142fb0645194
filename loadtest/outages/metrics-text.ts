/** Values of one metric in Prometheus' text format, by their labels as text (`{sink="redis"}`, or empty). */
export function metricValues(text: string, name: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const [, labels = '', value] = /^(\{.*\})? (\S+)$/.exec(line.slice(name.length)) ?? [];
    if (value !== undefined) values.set(labels, Number(value));
  }
  return values;
}

/** Sum of one metric over those of its labels that have `label="value"`; 0 where there is none. */
export function metricSum(text: string, name: string, having = ''): number {
  let sum = 0;
  for (const [labels, value] of metricValues(text, name)) if (labels.includes(having)) sum += value;
  return sum;
}
