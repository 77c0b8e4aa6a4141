import './health-page.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useEvents, useIsLive } from '../../api/events.ts';
import { pipelineQuery } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { ProblemNote } from '../../components/problem-note.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { texts } from '../../texts.ts';
import { DeadLettersCard } from './dead-letters-card.tsx';
import { EmbeddingFigures } from './embedding-figures.tsx';
import { PipelinePicture } from './pipeline-picture.tsx';
import { RebuildCard } from './rebuild-card.tsx';

const words = texts.health;
/** Only where no events arrive. */
const POLL_MS = 5_000;

/** How the pipeline fares, what it could not take, and what embedding costs. */
export function HealthPage(): ReactElement {
  const client = useQueryClient();
  const isLive = useIsLive();
  const { data, error, refetch } = useQuery({ ...pipelineQuery, refetchInterval: isLive ? false : POLL_MS });
  useEvents('pipeline', (pipeline) => client.setQueryData(pipelineQuery.queryKey, pipeline));
  return (
    <Page title={words.title} intro={words.intro}>
      {error === null ? null : <ProblemNote error={error} onRetry={() => void refetch()} />}
      <Card title={words.pipeline}>
        {data === undefined ? <SkeletonText lines={4} /> : <PipelinePicture stages={data.stages} />}
      </Card>
      <Card title={words.embedding.title}>
        {data === undefined ? <SkeletonText lines={2} /> : <EmbeddingFigures embedding={data.embedding} />}
      </Card>
      <DeadLettersCard told={data?.stages.reduce((sum, { deadLetters }) => sum + deadLetters, 0)} />
      <RebuildCard />
    </Page>
  );
}
