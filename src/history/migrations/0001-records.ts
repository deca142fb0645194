import type { Migration } from './migration.ts';

/** What is written as it happens, and what makes the writing exact. */
export const records: Migration = {
  version: 1,
  name: 'records',
  statements: [
    `create table predictions (
      at timestamptz not null, camera text not null, shard integer not null, epoch bigint not null,
      track bigint not null, label text not null, mean_score real not null, hits integer not null,
      first_seen timestamptz not null, last_seen timestamptz not null,
      first_box real[] not null, last_box real[] not null, model text not null
    ) partition by range (at)`,
    'create index predictions_camera_at on predictions (camera, at)',
    `create table events (
      at timestamptz not null, camera text not null, shard integer not null, epoch bigint not null,
      kind text not null, subject text not null, direction text not null, label text not null,
      track bigint, value double precision, data jsonb not null
    ) partition by range (at)`,
    'create index events_camera_at on events (camera, at)',
    'create index events_kind_at on events (kind, at)',
    `create table alerts (
      id text not null, at timestamptz not null, camera text not null, shard integer not null, epoch bigint not null,
      rule text not null, opening bigint not null, severity text not null, state text not null,
      opened_at timestamptz not null, closed_at timestamptz, title text not null, message text not null,
      value double precision, threshold double precision, dedupe_key text not null, data jsonb not null,
      snapshot_path text, acknowledged_at timestamptz, acknowledged_by text,
      primary key (at, id)
    ) partition by range (at)`,
    'create index alerts_id on alerts (id)',
    'create index alerts_camera_at on alerts (camera, at)',
    'create index alerts_state_at on alerts (state, at)',
    `create table audit (
      id text not null, at timestamptz not null, who text not null, via text not null, action text not null,
      subject text not null, before jsonb, after jsonb,
      primary key (at, id)
    ) partition by range (at)`,
    'create index audit_subject_at on audit (subject, at)',
    'create table spool_cursors (spool text primary key, position bigint not null, updated_at timestamptz not null)',
    'create table shard_fences (shard integer primary key, epoch bigint not null, raised_at timestamptz not null)',
  ],
};
