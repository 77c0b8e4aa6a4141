import './item-row.css';
import type { MouseEvent, ReactElement } from 'react';
import { Link } from 'wouter';
import type { Item, SearchResult } from '../api/types.ts';
import { itemHref } from '../lib/item-address.ts';
import { texts } from '../texts.ts';
import { Badge } from './badge.tsx';
import { Highlighted } from './highlighted.tsx';
import { ItemBadges } from './item-badges.tsx';
import { providerName } from './provider-mark.tsx';
import { Skeleton } from './skeleton.tsx';
import { Thumbnail } from './thumbnail.tsx';
import { DateText } from './time.tsx';

/** An item as lists show it; what a search adds is shown where it is there. */
export type ListedItem = Item | SearchResult;

interface ItemRowProps {
  readonly item: ListedItem;
  /** whose words stand out */
  readonly query?: string;
  /** its link was followed */
  readonly onOpen?: (event: MouseEvent<HTMLElement>) => void;
}

/** One item in a line: where from, what it is, why it was found. The whole of it is the link. */
export function ItemRow({ item, query = '', onOpen }: ItemRowProps): ReactElement {
  return (
    <Link href={itemHref(item)} className="item-row" onClick={onOpen}>
      <Thumbnail item={item} />
      <span className="item-row-text">
        <span className="item-row-title truncate">
          <Highlighted text={titleOf(item)} query={query} />
        </span>
        {'snippet' in item && item.snippet !== '' && item.snippet !== item.title ? (
          <span className="item-row-snippet truncate">
            <Highlighted text={item.snippet} query={query} />
          </span>
        ) : null}
        <ItemMeta item={item} />
      </span>
      <span className="item-row-badges">
        <Matched item={item} />
        <ItemBadges {...item} />
      </span>
    </Link>
  );
}

/** The same as a card, for the grid. */
export function ItemCard({ item, query = '', onOpen }: ItemRowProps): ReactElement {
  return (
    <Link href={itemHref(item)} className="item-card" onClick={onOpen}>
      <Thumbnail item={item} size="large" />
      <span className="item-card-text">
        <span className="item-card-title">
          <Highlighted text={titleOf(item)} query={query} />
        </span>
        <ItemMeta item={item} />
        <span className="item-card-badges">
          <Matched item={item} />
          <ItemBadges {...item} />
        </span>
      </span>
    </Link>
  );
}

function ItemMeta({ item }: { readonly item: ListedItem }): ReactElement {
  return (
    <span className="item-row-meta truncate">
      {providerName(item.provider)}
      {item.author === null ? null : <> · {item.author}</>}
      {item.savedAt === null ? null : (
        <>
          {' · '}
          <DateText at={item.savedAt} />
        </>
      )}
    </span>
  );
}

function Matched({ item }: { readonly item: ListedItem }): ReactElement[] | null {
  if (!('matched' in item) || item.matched === undefined) return null;
  return item.matched.map((way) => (
    <Badge key={way} tone="info" title={texts.matched[way].hint}>
      {texts.matched[way].label}
    </Badge>
  ));
}

/** Something to call it by, also where its content is gone or has not come yet. */
export function titleOf({ title, url, itemId }: Pick<ListedItem, 'title' | 'url' | 'itemId'>): string {
  if (title !== null && title.trim() !== '') return title;
  return url ?? itemId;
}

/** An item that is on its way, as high as one that is there. */
export function ItemPlaceholder({ isCard }: { readonly isCard: boolean }): ReactElement {
  if (isCard) {
    return (
      <span className="item-card">
        <span className="thumbnail thumbnail-large" />
        <span className="item-card-text">
          <Skeleton width="80%" />
          <Skeleton width="50%" />
        </span>
      </span>
    );
  }
  return (
    <span className="item-row">
      <span className="thumbnail thumbnail-small" />
      <span className="item-row-text item-row-skeleton">
        <Skeleton width="55%" />
        <Skeleton width="30%" height="0.8em" />
      </span>
    </span>
  );
}
