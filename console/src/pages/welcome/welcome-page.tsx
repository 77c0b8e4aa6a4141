import './welcome-page.css';
import { useMutation } from '@tanstack/react-query';
import { FileUp, type LucideIcon, Plug, Sparkles } from 'lucide-react';
import { type ReactElement, type ReactNode, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { post } from '../../api/client.ts';
import { useMissing, useOverview } from '../../api/queries.ts';
import type { UploadView } from '../../api/types.ts';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Page } from '../../components/page.tsx';
import { Note, ProblemNote } from '../../components/problem-note.tsx';
import { texts } from '../../texts.ts';
import { USUAL_OPTIONS } from '../../uploads/import-options.ts';
import { uploadStore } from '../../uploads/upload-store.ts';
import { Privacy } from './privacy.tsx';

/** How to begin, on an installation that holds nothing yet. */
export function WelcomePage(): ReactElement {
  const words = texts.welcome;
  const lacks = useMissing('reddit', 'browser')?.length !== 0;
  return (
    <Page title={words.title} intro={words.intro}>
      <div className="ways">
        <DropWay />
        <Way icon={Plug} title={words.connect.title} text={words.connect.text}>
          <div className="row">
            <ButtonLink href="/accounts?connect=github">{words.connect.github}</ButtonLink>
            <ButtonLink href="/accounts?connect=reddit">
              {lacks ? words.connect.redditNeeds : words.connect.reddit}
            </ButtonLink>
          </div>
          <Note>{words.connect.approval}</Note>
        </Way>
        <SampleWay />
      </div>
      <p>
        {words.restore.text} <Link href="/settings">{words.restore.action}</Link>
      </p>
      <Privacy />
    </Page>
  );
}

interface WayProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Way({ icon: Icon, title, text, children }: WayProps): ReactElement {
  return (
    <section className="card way">
      <Icon size={26} strokeWidth={1.5} aria-hidden="true" />
      <div className="stack-tight">
        <h2>{title}</h2>
        <p className="muted">{text}</p>
      </div>
      <div className="stack way-actions">{children}</div>
    </section>
  );
}

function DropWay(): ReactElement {
  const words = texts.welcome.drop;
  const input = useRef<HTMLInputElement>(null);
  const [, navigate] = useLocation();
  return (
    <Way icon={FileUp} title={words.title} text={words.text}>
      <div>
        <Button variant="primary" onClick={() => input.current?.click()}>
          {words.action}
        </Button>
        <input
          ref={input}
          className="visually-hidden"
          type="file"
          multiple
          accept=".zip,.json,.txt,.csv"
          aria-label={words.action}
          tabIndex={-1}
          onChange={(event) => {
            void uploadStore.add([...(event.target.files ?? [])], USUAL_OPTIONS);
            event.target.value = '';
            navigate('/uploads');
          }}
        />
      </div>
      <details className="small">
        <summary>{words.how.title}</summary>
        <ul className="way-how">
          {words.how.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ul>
      </details>
    </Way>
  );
}

function SampleWay(): ReactElement {
  const words = texts.welcome.sample;
  const { data: overview } = useOverview();
  const [, navigate] = useLocation();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => post<UploadView>('v1/sample'),
    onSuccess: (view) => {
      uploadStore.follow(view);
      navigate('/uploads');
    },
  });
  return (
    <Way icon={Sparkles} title={words.title} text={words.text}>
      <div>
        <Button isBusy={isPending} disabled={overview?.samples === false} onClick={() => mutate()}>
          {words.action}
        </Button>
      </div>
      {overview?.samples === false ? <p className="small muted">{words.lacking}</p> : null}
      {error === null ? null : <ProblemNote error={error} />}
    </Way>
  );
}
