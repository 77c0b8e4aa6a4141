import './item-page.css';
import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, ExternalLink } from 'lucide-react';
import type { ReactElement } from 'react';
import { Link, useLocation, useParams, useSearch } from 'wouter';
import { get } from '../../api/client.ts';
import type { ItemDetail, ItemName } from '../../api/types.ts';
import { ButtonLink } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ItemBadges } from '../../components/item-badges.tsx';
import { titleOf } from '../../components/item-row.tsx';
import { Page } from '../../components/page.tsx';
import { Note, ProblemNote } from '../../components/problem-note.tsx';
import { ProviderMark, providerName } from '../../components/provider-mark.tsx';
import { Thumbnail } from '../../components/thumbnail.tsx';
import { DateText } from '../../components/time.tsx';
import { itemPath, webLink } from '../../lib/item-address.ts';
import { cameFromInside } from '../../lib/scroll-memory.ts';
import { useShortcuts } from '../../lib/use-shortcuts.ts';
import { PagePlaceholder } from '../../shell/page-placeholder.tsx';
import { texts } from '../../texts.ts';
import { ItemActions } from './item-actions.tsx';
import { ItemHistory } from './item-history.tsx';
import { SimilarItems } from './similar-items.tsx';

/** One item: what it says, what is like it, and everything that happened to it. */
export function ItemPage(): ReactElement {
  const { provider = '', collection = '', itemId = '' } = useParams();
  const user = new URLSearchParams(useSearch()).get('user') ?? '';
  const name: ItemName = { provider, user, collection, itemId };
  const { data, error, refetch } = useQuery({
    queryKey: ['item', name],
    queryFn: ({ signal }) => get<ItemDetail>(itemPath(name), { query: { user }, signal }),
  });
  const [, navigate] = useLocation();
  useShortcuts({ Escape: () => goBack(navigate) });
  if (data !== undefined) return <Shown key={`${user}/${itemId}`} item={data} />;
  if (error === null) return <PagePlaceholder />;
  return (
    <Page title={texts.item.untitled} width="narrow">
      <ProblemNote error={error} onRetry={() => void refetch()} />
      <BackLink />
    </Page>
  );
}

/** Where the reader came from, in the console; else the collection. */
function goBack(navigate: (to: string) => void): void {
  if (cameFromInside()) history.back();
  else navigate('/');
}

function BackLink(): ReactElement {
  const [, navigate] = useLocation();
  return (
    <Link
      href="/"
      className="item-back"
      onClick={(event) => {
        event.preventDefault();
        goBack(navigate);
      }}
    >
      <ArrowLeft size={16} aria-hidden="true" />
      {texts.item.back}
    </Link>
  );
}

function Shown({ item }: { readonly item: ItemDetail }): ReactElement {
  const link = webLink(item.url);
  const words = texts.item;
  const hasPicture = item.hasThumbnail ?? item.thumbnailUrl !== null;
  return (
    <Page
      title={titleOf(item)}
      intro={<Meta item={item} />}
      actions={
        <>
          {link === null ? null : (
            <a className="button button-primary" href={link} target="_blank" rel="noreferrer noopener">
              <ExternalLink size={17} aria-hidden="true" />
              {words.open(providerName(item.provider))}
              <span className="visually-hidden"> {words.newTab}</span>
            </a>
          )}
          <ItemActions item={item} />
        </>
      }
    >
      <div className="item-above">
        <BackLink />
      </div>
      <div className="item-columns">
        <div className="stack">
          {hasPicture ? (
            <div className="item-picture">
              <Thumbnail item={{ ...item, hasThumbnail: true }} size="large" />
            </div>
          ) : null}
          <Body item={item} />
          {item.state === 'held' ? (
            <Note tone="warning">
              <div className="row-between">
                {words.held}
                <ButtonLink href="/removals">{words.heldAction}</ButtonLink>
              </div>
            </Note>
          ) : null}
          <ItemHistory item={item} />
        </div>
        <SimilarItems item={item} />
      </div>
    </Page>
  );
}

function Meta({ item }: { readonly item: ItemDetail }): ReactElement {
  return (
    <span className="item-meta">
      <ProviderMark provider={item.provider} size={17} />
      <span>{texts.collection.filters.list(providerName(item.provider), item.user, item.collection)}</span>
      {item.author === null ? null : <span>{texts.item.by(item.author)}</span>}
      {item.savedAt === null ? null : (
        <span>
          {texts.item.saved} <DateText at={item.savedAt} />
        </span>
      )}
      <ItemBadges {...item} />
    </span>
  );
}

/** The text as it was written: never as markup. */
function Body({ item }: { readonly item: ItemDetail }): ReactElement {
  const words = texts.item;
  const text = (item.body ?? '').trim();
  if (item.state === 'purged') return <p className="muted">{words.purged}</p>;
  if (item.stub) return <p className="muted">{words.stub}</p>;
  if (text === '') return <p className="muted">{words.noText}</p>;
  return (
    <Card>
      <div className="item-body">{text}</div>
    </Card>
  );
}
