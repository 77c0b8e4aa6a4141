import { Fragment, type ReactElement } from 'react';
import type { Stage } from '../../api/types-operations.ts';
import { Badge } from '../../components/badge.tsx';
import { Ago } from '../../components/time.tsx';
import { classNames } from '../../lib/class-names.ts';
import { texts } from '../../texts.ts';

const words = texts.health;

/** The stages in the order that records go through them; what stands between them is the log. */
export function PipelinePicture({ stages }: { readonly stages: readonly Stage[] }): ReactElement {
  return (
    <div className="pipeline">
      {stages.map((stage, index) => (
        <Fragment key={stage.name}>
          {index === 0 ? null : (
            <Arrow topic={index === 1 ? 'ingest' : 'enriched'} isLive={stage.recordsPerSecond > 0} />
          )}
          <StageBox stage={stage} />
        </Fragment>
      ))}
    </div>
  );
}

function StageBox({ stage }: { readonly stage: Stage }): ReactElement {
  const { name, recordsPerSecond, lag, deadLetters, lastAt } = stage;
  return (
    <section className="pipeline-stage" aria-label={words.stages[name].title}>
      <h3>{words.stages[name].title}</h3>
      <p className="muted small">{words.stages[name].text}</p>
      <p className="pipeline-rate">
        {words.rate(recordsPerSecond)} <span className="pipeline-unit">{words.rateUnit}</span>
      </p>
      <div className="row">
        <Badge tone={lag === 0 ? 'ok' : 'info'}>{words.lag(lag)}</Badge>
        {deadLetters === 0 ? null : <Badge tone="danger">{words.deadLetterCount(deadLetters)}</Badge>}
      </div>
      <p className="muted small">
        {lastAt === null ? (
          words.idle
        ) : (
          <>
            {words.last} <Ago at={lastAt} />
          </>
        )}
      </p>
    </section>
  );
}

function Arrow({ topic, isLive }: { readonly topic: string; readonly isLive: boolean }): ReactElement {
  return (
    <div className="pipeline-arrow">
      <svg width="44" height="16" viewBox="0 0 44 16" aria-hidden="true" fill="none">
        <line x1="0" y1="8" x2="36" y2="8" className={classNames('pipeline-flow', isLive && 'pipeline-flow-live')} />
        <path d="M34 3l6 5-6 5" stroke="currentColor" strokeWidth="2" />
      </svg>
      <span>{topic}</span>
    </div>
  );
}
