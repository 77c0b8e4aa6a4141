import { CircleAlert, CircleCheck, RotateCw, X } from 'lucide-react';
import { type ReactElement, useEffect, useRef } from 'react';
import { announce } from '../../components/announcer.tsx';
import { Badge } from '../../components/badge.tsx';
import { Button, ButtonLink, IconButton } from '../../components/button.tsx';
import { sentence } from '../../components/problem-note.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { ProviderMark, providerName } from '../../components/provider-mark.tsx';
import { Words } from '../../components/words.tsx';
import { formatBytes } from '../../lib/format.ts';
import { texts } from '../../texts.ts';
import { isInHand, isOver, type TrackedUpload } from '../../uploads/tracked-upload.ts';
import { uploadStore } from '../../uploads/upload-store.ts';
import { changesOf, stageOf } from '../../uploads/upload-words.ts';

/** One upload: how far it is, at the end what came of it. */
export function UploadCard({ upload }: { readonly upload: TrackedUpload }): ReactElement {
  const { key, fileName, bytes, provider, user, phase } = upload;
  const words = texts.uploads;
  const isElsewhere = isInHand(upload) && !uploadStore.hasFile(key);
  useAnnouncedEnd(upload);
  return (
    <article className="card upload-card" aria-label={fileName}>
      <div className="upload-head">
        <ProviderMark provider={provider ?? ''} size={22} />
        <div className="upload-name">
          <h3 className="truncate">{fileName}</h3>
          <p className="muted small">
            {[
              provider === null ? '' : providerName(provider),
              bytes === 0 ? '' : formatBytes(bytes),
              user === 'me' ? '' : user,
            ]
              .filter((part) => part !== '')
              .join(' · ')}
          </p>
        </div>
        <Outcome upload={upload} />
        <IconButton
          label={isOver(upload) ? words.dismiss(fileName) : words.stop(fileName)}
          icon={X}
          onClick={() => uploadStore.dismiss(key)}
        />
      </div>
      {isElsewhere ? <p className="small">{words.elsewhere}</p> : <Stage upload={upload} />}
      {phase === 'failed' ? <Failure upload={upload} /> : null}
      {phase === 'done' ? <Report upload={upload} /> : null}
    </article>
  );
}

function useAnnouncedEnd({ phase, fileName }: TrackedUpload): void {
  const was = useRef(phase);
  useEffect(() => {
    if (was.current !== phase && (phase === 'done' || phase === 'failed'))
      announce(texts.uploads.ended(fileName, phase === 'done'));
    was.current = phase;
  }, [phase, fileName]);
}

function Outcome({ upload: { phase } }: { readonly upload: TrackedUpload }): ReactElement | null {
  if (phase === 'done')
    return (
      <Badge tone="ok" icon={CircleCheck}>
        {texts.uploads.done}
      </Badge>
    );
  if (phase === 'failed')
    return (
      <Badge tone="danger" icon={CircleAlert}>
        {texts.uploads.failed}
      </Badge>
    );
  return null;
}

function Stage({ upload }: { readonly upload: TrackedUpload }): ReactElement | null {
  if (upload.phase === 'asking') return <WhoseExport upload={upload} />;
  return isOver(upload) ? null : <Progress upload={upload} />;
}

function WhoseExport({ upload: { key } }: { readonly upload: TrackedUpload }): ReactElement {
  return (
    <div className="row">
      <p className="small">{texts.uploads.whose}</p>
      <Button onClick={() => uploadStore.chooseProvider(key, 'tiktok')}>{texts.providers.tiktok}</Button>
      <Button onClick={() => uploadStore.chooseProvider(key, 'reddit')}>{texts.providers.reddit}</Button>
    </div>
  );
}

function Progress({ upload }: { readonly upload: TrackedUpload }): ReactElement {
  const { label, detail, done, total } = stageOf(upload);
  return (
    <div className="stack-tight">
      <div className="row-between small">
        <span>{upload.isCutOff ? texts.uploads.cutOff : label}</span>
        <span className="muted upload-figures">{detail}</span>
      </div>
      <ProgressBar
        label={`${upload.fileName}: ${label}`}
        value={done}
        max={total}
        {...(detail === '' ? {} : { valueText: detail })}
      />
    </div>
  );
}

function Failure({ upload: { key, error } }: { readonly upload: TrackedUpload }): ReactElement {
  return (
    <>
      <p className="upload-error">
        <Words text={sentence(error ?? texts.uploads.failed)} />
      </p>
      {uploadStore.hasFile(key) ? (
        <div>
          <Button icon={RotateCw} onClick={() => uploadStore.retry(key)}>
            {texts.tryAgain}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Report({ upload }: { readonly upload: TrackedUpload }): ReactElement {
  const { view, provider, user } = upload;
  const words = texts.uploads;
  const changes = changesOf(upload);
  const held = view?.held ?? 0;
  return (
    <>
      <p>
        {changes.length === 0 ? words.nothingChanged : `${changes.join(', ')}.`}
        {view?.converged === true ? ` ${words.converged}` : ''}
      </p>
      {(view?.warnings ?? []).map((warning) => (
        <p key={warning} className="small muted">
          <Words text={sentence(warning)} />
        </p>
      ))}
      <div className="row">
        <ButtonLink href={`/?provider=${provider ?? ''}${user === 'me' ? '' : `&user=${user}`}`} variant="primary">
          {words.show}
        </ButtonLink>
        {held > 0 ? <ButtonLink href="/removals">{words.held(held)}</ButtonLink> : null}
      </div>
    </>
  );
}
