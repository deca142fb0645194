import { useEffect, useMemo } from 'preact/hooks';
import type { Alert, AlertPage } from '../api/answers.gen.ts';
import type { Query } from '../api/node-api.ts';
import { browserClock } from '../browser-clock.ts';
import { type Resource, useResource } from '../state/use-resource.ts';
import { useLive } from './live.ts';

/** Also those that no message told of: a node that came back, a message that was lost. */
const ASKED_MS = 15_000;
/** A shower of alerts is asked about once. */
const SETTLE_MS = 700;
const OPEN_MAX = 1_000;

/** Alerts that are open, newest change first, kept up to date by the live feed. */
export const useOpenAlerts = (): Resource<AlertPage> => useLiveAlerts({ state: 'opened', limit: String(OPEN_MAX) });

/** Alerts of `query`, as `GET /v1/alerts` takes it, asked for again when one changes. */
export function useLiveAlerts(query: Query): Resource<AlertPage> {
  const { api, alert } = useLive();
  const resource = useResource(
    `alerts ${JSON.stringify(query)}`,
    (signal) => api.get<AlertPage>('v1/alerts', query, signal),
    { everyMs: ASKED_MS },
  );
  const { reload } = resource;
  useEffect(() => {
    let settling: { cancel(): void } | undefined;
    const leave = alert.subscribe(() => {
      settling ??= browserClock.after(SETTLE_MS, () => {
        settling = undefined;
        reload();
      });
    });
    return () => {
      leave();
      settling?.cancel();
    };
  }, [alert, reload]);
  return resource;
}

/** Open alerts by camera. */
export function useAlertsByCamera(): ReadonlyMap<string, readonly Alert[]> {
  const { value } = useOpenAlerts();
  return useMemo(() => {
    const byCamera = new Map<string, Alert[]>();
    for (const alert of value?.alerts ?? []) {
      const of = byCamera.get(alert.camera);
      if (of === undefined) byCamera.set(alert.camera, [alert]);
      else of.push(alert);
    }
    return byCamera;
  }, [value]);
}
