import type { ReactElement } from 'react';
import type { Pipeline } from '../../api/types-operations.ts';
import { formatCount, formatUsd } from '../../lib/format.ts';
import { texts } from '../../texts.ts';

const words = texts.health.embedding;

/** What embedding took since the start, and what the cache of vectors saved. */
export function EmbeddingFigures({ embedding }: { readonly embedding: Pipeline['embedding'] }): ReactElement {
  if (embedding.isHere === false) return <p className="muted">{words.elsewhere}</p>;
  const figures: readonly (readonly [string, string])[] = [
    [words.texts, formatCount(embedding.textsEmbedded)],
    [words.requests, formatCount(embedding.requests)],
    [words.tokens, formatCount(embedding.tokens)],
    [words.cost, embedding.costUsd === null ? words.noPrice : formatUsd(embedding.costUsd)],
    [words.hits, formatCount(embedding.cacheHits)],
    [words.saved, saved(embedding)],
  ];
  return (
    <>
      <p className="muted small">{words.since}</p>
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

function saved({ tokensSaved, savedUsd }: Pipeline['embedding']): string {
  const tokens = words.someTokens(tokensSaved);
  return savedUsd === null ? tokens : `${tokens}, ${formatUsd(savedUsd)}`;
}
