import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { get } from '../../api/client.ts';
import type { ItemDetail, SearchAnswer } from '../../api/types.ts';
import { ItemPlaceholder, ItemRow } from '../../components/item-row.tsx';
import { itemKey, itemPath } from '../../lib/item-address.ts';
import { texts } from '../../texts.ts';

const MOST = 6;

/** What means something like the item; nothing where that cannot be told. */
export function SimilarItems({ item }: { readonly item: ItemDetail }): ReactElement | null {
  const { user } = item;
  const { data, error } = useQuery({
    queryKey: ['similar', itemKey(item)],
    queryFn: ({ signal }) => get<SearchAnswer>(`${itemPath(item)}/similar`, { query: { user, limit: MOST }, signal }),
    enabled: item.hasVector,
  });
  if (!item.hasVector || error !== null || data?.results.length === 0) return null;
  return (
    <section className="similar" aria-labelledby="similar">
      <h2 id="similar">{texts.item.similar}</h2>
      <ul className="similar-list">
        {data === undefined
          ? ['a', 'b', 'c'].map((key) => (
              <li key={key}>
                <ItemPlaceholder isCard={false} />
              </li>
            ))
          : data.results.map((result) => (
              <li key={itemKey(result)}>
                <ItemRow item={result} />
              </li>
            ))}
      </ul>
    </section>
  );
}
