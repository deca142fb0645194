import type { CameraSettings } from '../api/answers.gen.ts';
import { CourseCard } from '../counts/course-card.tsx';
import { RangePicker } from '../counts/range-picker.tsx';
import { HistoryRefusal } from '../history/history-refusal.tsx';
import { RANGES } from '../history/history-view.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import { PageHead } from '../layout/page-head.tsx';
import { useLive } from '../live/live.ts';
import { cameraHref, pageHref } from '../state/route.ts';
import { useQuery } from '../state/router.ts';
import { useResource } from '../state/use-resource.ts';
import { CompositionNow } from './composition-now.tsx';
import { PurityCourse } from './purity-course.tsx';
import { useBelts } from './use-belts.ts';
import { contaminationLimit, wasteFacts } from './waste-settings.ts';

const RANGE_DEFAULT = '-24h';
const SYNC = 'waste';

/** What belts and tables carry: composition, contamination against its limit, and how both went. */
export function WastePage() {
  const { api } = useLive();
  const [params, change] = useQuery();
  const range = RANGES.find(([value]) => value === params.get('range'))?.[0] ?? RANGE_DEFAULT;
  const { resource, belts } = useBelts(range);
  const camera = params.get('camera') ?? belts[0];
  const settings = useResource<CameraSettings>(`waste-settings:${camera ?? ''}`, async (signal) =>
    camera === undefined
      ? { kind: 'unreachable', reason: 'no camera is chosen' }
      : api.get(`v1/cameras/${camera}/settings`, {}, signal),
  );
  const facts = settings.value === undefined ? undefined : wasteFacts(settings.value);
  const limit = contaminationLimit(facts?.limits ?? [])?.above ?? undefined;
  return (
    <section class="waste-page" aria-label="Waste">
      <PageHead title="Waste">
        {camera !== undefined && (
          <select
            class="field is-small"
            aria-label="Camera"
            value={camera}
            onChange={(event) => change({ camera: event.currentTarget.value })}
          >
            {[...new Set([...belts, camera])].sort().map((belt) => (
              <option key={belt} value={belt}>
                {belt}
              </option>
            ))}
          </select>
        )}
        <RangePicker range={range} onChange={(next) => change({ range: next })} />
      </PageHead>
      {resource.loading && (
        <p class="page-note" role="status">
          Asking which cameras see waste …
        </p>
      )}
      {resource.refusal !== undefined && <HistoryRefusal refusal={resource.refusal} onRetry={resource.reload} />}
      {resource.value !== undefined && camera === undefined && <NoBelts />}
      {camera !== undefined && (
        <>
          <p class="waste-stream">
            {facts !== undefined && (
              <>
                Stream <b>{facts.stream}</b>
                {facts.allowed === null ? ', everything is allowed' : `, allowed: ${facts.allowed.join(', ')}`}; shares
                are by {facts.weight === 'area' ? 'area' : 'number of items'}.{' '}
              </>
            )}
            {facts?.isWaste === false && <span class="chip is-warn">pipeline is not waste any more</span>}{' '}
            <a href={cameraHref(camera)}>Camera</a> · <a href={cameraHref(camera, 'settings')}>Settings</a> ·{' '}
            <a href={pageHref('alerts', { camera })}>Alerts</a> ·{' '}
            <a href={pageHref('history', { resource: 'events', kind: 'item', camera, range })}>Items</a>
          </p>
          <CompositionNow camera={camera} range={range} facts={facts} />
          <CourseCard
            title="Composition, share of the weight"
            query={{ resource: 'composition', camera, range, by: 'material' }}
            empty="Nothing lay on the belt in this range."
            heightPx={260}
            max={100}
            syncKey={SYNC}
          />
          <div class="course-pair">
            <PurityCourse camera={camera} range={range} limit={limit} syncKey={SYNC} />
            <CourseCard
              title="Items"
              query={{ resource: 'composition', camera, range, by: 'material', figure: 'items' }}
              empty="Nothing lay on the belt in this range."
              syncKey={SYNC}
            />
          </div>
          <p class="note">
            Hatched: less than 80 % of the interval was observed by a camera fit to see; such figures are of a part
            only.
          </p>
        </>
      )}
    </section>
  );
}

function NoBelts() {
  return (
    <EmptyState title="No camera looks at waste">
      <p class="quiet">
        A camera over a belt or a sorting table measures what it carries once its settings say{' '}
        <code>pipeline: waste</code>. A zone of kind <code>belt</code> or <code>table</code> says where, a taxonomy
        which class of the model is which material, and <code>allowed</code> what belongs into the stream.
      </p>
      <p>
        <code>camshard cameras set belt-1 --file config/examples/waste.yaml</code>
      </p>
      <p>
        <a href={pageHref('cameras')}>Choose a camera</a> and set it under its settings. No demo camera looks at waste.
      </p>
    </EmptyState>
  );
}
