/** Series that can be told apart in one chart. */
export const SERIES_MAX = 8;

/** The colour of the series at `index`, a custom property of the style sheet. */
export const seriesColour = (index: number): string => `--series-${(index % SERIES_MAX) + 1}`;
