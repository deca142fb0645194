/** Of one alert in the API; without a leading slash, as NodeApi wants it. */
export const alertPath = (id: string): string => `v1/alerts/${encodeURIComponent(id)}`;
