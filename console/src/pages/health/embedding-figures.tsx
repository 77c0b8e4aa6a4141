import type { ReactElement } from 'react';
import { useOverview } from '../../api/queries.ts';
import type { Pipeline } from '../../api/types-operations.ts';
import { formatCount, formatDate, formatUsd } from '../../lib/format.ts';
import { texts } from '../../texts.ts';

const words = texts.health.embedding;

/** What embedding took in all processes since it began, and what the cache of vectors saved. */
export function EmbeddingFigures({ embedding }: { readonly embedding: Pipeline['embedding'] }): ReactElement {
  const embedder = useOverview().data?.embedder;
  const since = embedding.since ?? null;
  const figures: readonly (readonly [string, string])[] = [
    [words.texts, formatCount(embedding.textsEmbedded)],
    [words.requests, formatCount(embedding.requests)],
    [words.tokens, formatCount(embedding.tokens)],
    [words.cost, cost(embedding, embedder?.isRemote)],
    [words.hits, formatCount(embedding.cacheHits)],
    [words.saved, saved(embedding)],
  ];
  return (
    <>
      <p className="muted small">
        {words.since(since === null ? null : formatDate(since))}
        {words.by(embedder?.model ?? null, embedder?.isRemote === false)}
      </p>
      <dl className="figures">
        {figures.map(([name, value]) => (
          <div key={name} className="figure">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** What runs here costs nothing; elsewhere the price may not be known. */
function cost({ costUsd }: Pipeline['embedding'], isRemote: boolean | undefined): string {
  if (costUsd !== null) return formatUsd(costUsd);
  return isRemote === false ? formatUsd(0) : words.noPrice;
}

function saved({ tokensSaved, savedUsd }: Pipeline['embedding']): string {
  const tokens = words.someTokens(tokensSaved);
  return savedUsd === null ? tokens : `${tokens}, ${formatUsd(savedUsd)}`;
}
