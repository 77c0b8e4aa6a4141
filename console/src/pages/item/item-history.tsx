import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { get } from '../../api/client.ts';
import type { Explanation, HistoryLine, ItemDetail } from '../../api/types.ts';
import { Card, Facts } from '../../components/card.tsx';
import { ProblemNote, sentence } from '../../components/problem-note.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { Ago } from '../../components/time.tsx';
import { classNames } from '../../lib/class-names.ts';
import { itemKey, itemPath } from '../../lib/item-address.ts';
import { texts } from '../../texts.ts';
import { authorOf, eventWords, evidenceOf, toneOf } from './history-words.ts';

/** Law 11 on a page: what was seen, when, by which evidence it went, and who decided. */
export function ItemHistory({ item }: { readonly item: ItemDetail }): ReactElement {
  const { data, error, refetch } = useQuery({
    queryKey: ['explain', itemKey(item)],
    queryFn: ({ signal }) => get<Explanation>(`${itemPath(item)}/explain`, { query: { user: item.user }, signal }),
  });
  return (
    <Card title={texts.history.title}>
      {error === null ? null : <ProblemNote error={error} onRetry={() => void refetch()} />}
      {data === undefined ? (
        <SkeletonText lines={3} />
      ) : data.history.length === 0 ? (
        <p className="muted">{texts.history.none}</p>
      ) : (
        <ol className="history">
          {data.history.toReversed().map((line) => (
            <Line key={JSON.stringify(line)} line={line} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function Line({ line }: { readonly line: HistoryLine }): ReactElement {
  const evidence = evidenceOf(line);
  return (
    <li className={classNames('history-line', `history-${toneOf(line)}`)}>
      <p>
        <strong>{eventWords(line)}</strong>
        <span className="muted small">
          {line.at === null ? null : (
            <>
              {' · '}
              <Ago at={line.at} />
            </>
          )}
          {' · '}
          {authorOf(line)}
        </span>
      </p>
      {line.reason === '' ? null : <p className="small">{sentence(line.reason)}</p>}
      {evidence.length === 0 ? null : (
        <details className="history-evidence">
          <summary>{texts.history.evidence}</summary>
          <Facts facts={evidence} />
        </details>
      )}
    </li>
  );
}
