import { useMemo } from 'preact/hooks';
import { browserZone } from '../format/moments.ts';
import { formatCount } from '../format/numbers.ts';
import { readView } from '../history/history-view.ts';
import { useMeasures } from '../history/use-history.ts';
import { Loadable } from '../layout/loadable.tsx';
import { TableScroll } from '../layout/table-scroll.tsx';
import { LabelSwatch } from '../picture/label-swatch.tsx';
import { byLine } from './by-line.ts';

/** What crossed each line each way, by class, over the whole range. */
export function CrossingsTable({ camera, range }: { readonly camera: string; readonly range: string }) {
  const view = useMemo(() => {
    const params = new URLSearchParams({ resource: 'counts', camera, range, by: 'line,direction,label' });
    return { ...readView(params, browserZone()), interval: 'total' };
  }, [camera, range]);
  const resource = useMeasures(view);
  return (
    <Loadable resource={resource} what="what crossed">
      {({ rows }) => {
        const { labels, lines } = byLine(rows);
        if (lines.length === 0) return null;
        return (
          <TableScroll label="Crossings by line">
            <table class="table" data-table="crossings">
              <thead>
                <tr>
                  <th scope="col">Line</th>
                  <th scope="col">Direction</th>
                  {labels.map((label) => (
                    <th key={label} scope="col" class="number">
                      <LabelSwatch label={label} />
                    </th>
                  ))}
                  <th scope="col" class="number">
                    All
                  </th>
                </tr>
              </thead>
              <tbody>
                {lines.map(({ line, direction, counts, all }) => (
                  <tr key={`${line}|${direction}`} data-line={line} data-direction={direction}>
                    <th scope="row">{line}</th>
                    <td>{direction}</td>
                    {labels.map((label) => (
                      <td key={label} class="number">
                        {formatCount(counts.get(label) ?? 0)}
                      </td>
                    ))}
                    <td class="number" data-all>
                      <b>{formatCount(all)}</b>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableScroll>
        );
      }}
    </Loadable>
  );
}
