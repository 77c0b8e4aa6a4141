import { ShieldCheck } from 'lucide-react';
import type { ReactElement } from 'react';
import { useOverview } from '../../api/queries.ts';
import type { Overview } from '../../api/types.ts';
import { Card } from '../../components/card.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { texts } from '../../texts.ts';

/** Which embedder works here, what leaves the machine, and what never does. */
export function Privacy(): ReactElement {
  const { data: overview, error } = useOverview();
  const words = texts.privacy;
  return (
    <Card
      title={
        <span className="row privacy-title">
          <ShieldCheck size={20} strokeWidth={1.75} aria-hidden="true" />
          {words.title}
        </span>
      }
    >
      {overview === undefined ? (
        error === null ? (
          <SkeletonText lines={3} />
        ) : (
          <p className="muted">{words.unknown}</p>
        )
      ) : (
        <Told overview={overview} />
      )}
    </Card>
  );
}

function Told({ overview: { embedder, outbound } }: { readonly overview: Overview }): ReactElement {
  const words = texts.privacy;
  const model = embedder.model === null ? embedder.name : `${embedder.name} (${embedder.model})`;
  return (
    <>
      <p>{embedder.isRemote ? words.remote(model) : words.local(model)}</p>
      {outbound.length === 0 ? (
        <p>{words.nothing}</p>
      ) : (
        <>
          <p>{words.hosts}</p>
          <dl className="privacy-hosts">
            {outbound.map(({ host, why }) => (
              <div key={`${host} ${why}`}>
                <dt>
                  <code>{host}</code>
                </dt>
                <dd className="muted">{why}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <p className="muted">{words.never}</p>
    </>
  );
}
