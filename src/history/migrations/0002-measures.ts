import type { Migration } from './migration.ts';

const LEVELS = ['minute', 'hour', 'day'] as const;

const measures = (level: string): readonly string[] => [
  `create table measures_${level} (
    at timestamptz not null, camera text not null, shard integer not null, epoch bigint not null,
    seconds double precision not null, metric text not null, subject text not null, direction text not null,
    label text not null, n double precision not null, sum double precision not null, min double precision not null,
    max double precision not null, bins double precision[],
    primary key (camera, at, metric, subject, direction, label)
  ) partition by range (at)`,
];

const coverage = (level: string): readonly string[] => [
  `create table coverage_${level} (
    at timestamptz not null, camera text not null, seconds double precision not null,
    observed_share double precision not null, analysed bigint not null, gated bigint not null, shed bigint not null,
    rejected bigint not null, lost bigint not null, valid_share double precision not null, valid boolean not null,
    primary key (camera, at)
  ) partition by range (at)`,
];

const dirty = (level: string): string =>
  `create table dirty_${level}s (
    camera text not null, at timestamptz not null, version bigint not null, since timestamptz not null,
    primary key (camera, at)
  )`;

/** Measures and how much was seen, by minute, hour and day. */
export const measuresAndCoverage: Migration = {
  version: 2,
  name: 'measures',
  statements: [
    // Bin by bin; a shorter one counts as if it went on with zeros.
    `create function camshard_bins_add(a double precision[], b double precision[]) returns double precision[]
      language sql immutable parallel safe as $$
        select case when a is null then b when b is null then a else
          (select array_agg(coalesce(x, 0) + coalesce(y, 0) order by i) from unnest(a, b) with ordinality as t(x, y, i)) end
      $$`,
    `create aggregate camshard_bins_sum(double precision[]) (
      sfunc = camshard_bins_add, stype = double precision[], combinefunc = camshard_bins_add, parallel = safe
    )`,
    ...LEVELS.flatMap((level) => [...measures(level), ...coverage(level)]),
    dirty('hour'),
    dirty('day'),
  ],
};
