import type { Migration } from './migration.ts';

/**
 * What questions over all cameras need: the primary keys begin with the camera.
 *
 * Minutes get BRIN indexes: they are written in the order of their time, so that one hour of a day's partition is a few
 * blocks side by side, and the index costs next to nothing to keep (a B-tree beside the primary key: a fifth of the rate
 * of writing). Hours and days are few, and made in no such order.
 */
export const indexesAndVersions: Migration = {
  version: 3,
  name: 'indexes',
  statements: [
    'create index measures_hour_metric_at on measures_hour (metric, at)',
    'create index measures_day_metric_at on measures_day (metric, at)',
    'create index coverage_hour_at on coverage_hour (at)',
    'create index coverage_day_at on coverage_day (at)',
    'create index measures_minute_at on measures_minute using brin (at) with (pages_per_range = 16, autosummarize = on)',
    'create index coverage_minute_at on coverage_minute using brin (at) with (pages_per_range = 16, autosummarize = on)',
    'create index events_at on events (at)',
    'create index dirty_hours_at on dirty_hours (at)',
    'create index dirty_days_at on dirty_days (at)',
    // Their rows change all the time, and nothing of an index with them.
    'alter table dirty_hours set (fillfactor = 50)',
    'alter table dirty_days set (fillfactor = 50)',
    'alter table spool_cursors set (fillfactor = 50)',
    'create table history_versions (day date primary key, version bigint not null) with (fillfactor = 50)',
  ],
};
