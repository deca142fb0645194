import type { Alert } from '../../core/alert.ts';

/** An alert as a CloudEvent 1.0 in JSON, structured mode (https://cloudevents.io, `application/cloudevents+json`). */
export interface AlertCloudEvent {
  readonly specversion: '1.0';
  /** `<alert id>:opened` or `:closed`: what is delivered twice has the same. */
  readonly id: string;
  readonly type: 'io.camshard.alert.opened' | 'io.camshard.alert.closed';
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Alert;
}

export const CLOUD_EVENT_MEDIA_TYPE = 'application/cloudevents+json';

export function cloudEvent(alert: Alert): AlertCloudEvent {
  return {
    specversion: '1.0',
    id: cloudEventId(alert),
    type: alert.state === 'opened' ? 'io.camshard.alert.opened' : 'io.camshard.alert.closed',
    source: `/clusters/${encodeURIComponent(alert.cluster)}/cameras/${encodeURIComponent(alert.camera)}`,
    subject: alert.id,
    time: new Date(alert.atMs).toISOString(),
    datacontenttype: 'application/json',
    data: alert,
  };
}

export const cloudEventId = (alert: Pick<Alert, 'id' | 'state'>): string => `${alert.id}:${alert.state}`;
