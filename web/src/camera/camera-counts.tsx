import { CourseCard } from '../counts/course-card.tsx';
import { CrossingsTable } from '../counts/crossings-table.tsx';
import { RangePicker } from '../counts/range-picker.tsx';
import { TotalsOfToday } from '../counts/totals-of-today.tsx';
import { RANGES } from '../history/history-view.ts';
import { cameraHref } from '../state/route.ts';
import { useQuery } from '../state/router.ts';
import { CameraTabs } from './camera-tabs.tsx';

const RANGE_DEFAULT = '-24h';
const SYNC = 'counts';

/** What one camera counted and measured: today, and over time. */
export function CameraCounts({ camera }: { readonly camera: string }) {
  const [params, change] = useQuery();
  const asked = params.get('range');
  const range = RANGES.find(([value]) => value === asked)?.[0] ?? RANGE_DEFAULT;
  const by = params.get('by') === 'class' ? 'label' : 'line,direction';
  const query = { camera, range };
  return (
    <section class="counts-page" aria-label={`Counts of ${camera}`}>
      <CameraTabs camera={camera} tab="counts" />
      <TotalsOfToday camera={camera} />
      <div class="filters">
        <RangePicker range={range} onChange={(next) => change({ range: next })} />
        <label class="check">
          <input
            type="checkbox"
            checked={by === 'label'}
            onChange={(event) => change({ by: event.currentTarget.checked ? 'class' : undefined })}
          />
          Crossings by class
        </label>
      </div>
      <CourseCard
        title="Crossings"
        query={{ ...query, resource: 'counts', by }}
        empty="Nothing crossed a line in this range, or there is no line: draw one under Lines and zones."
        heightPx={260}
        syncKey={SYNC}
      >
        <CrossingsTable camera={camera} range={range} />
      </CourseCard>
      <div class="course-pair">
        <CourseCard
          title="Speed"
          query={{ ...query, resource: 'speeds', by: ',' }}
          figures={SPEED_FIGURES}
          empty="No speed was measured: that needs a line or a zone, and the ground measured in the settings."
          syncKey={SYNC}
        />
        <CourseCard
          title="Speed by place"
          query={{ ...query, resource: 'speeds', by: 'place' }}
          empty="No speed was measured."
          syncKey={SYNC}
        />
        <CourseCard
          title="Objects in zones, mean"
          query={{ ...query, resource: 'occupancy', by: 'zone' }}
          empty="Nothing was in a zone, or there is no zone: draw one under Lines and zones."
          syncKey={SYNC}
        />
        <CourseCard
          title="Queues, mean"
          query={{ ...query, resource: 'occupancy', metric: 'queue', by: 'zone' }}
          empty="Nothing stood in a zone."
          syncKey={SYNC}
        />
      </div>
      <p class="note">
        Hatched: less than 80 % of the interval was observed, so its figures are of a part only; a gap is not nought.{' '}
        <a href={cameraHref(camera, 'lines')}>Lines and zones</a> say what is counted.
      </p>
    </section>
  );
}

const SPEED_FIGURES = ['mean', 'v85'] as const;
