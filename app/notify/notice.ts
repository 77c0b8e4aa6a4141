import { accountName } from '../../core/keys.ts';

/** Something that a person should look at. It names accounts, lists and counts, and nothing that was saved. */
export interface Notice {
  readonly event: 'needs-reauth' | 'held' | 'dead-letters' | 'backup-failed' | 'test';
  /** the same when it is sent again, so that a receiver can leave out a copy */
  readonly id: string;
  /** in Apprise's words, as are title and body */
  readonly type: 'info' | 'warning' | 'failure';
  /** ASCII, on one line */
  readonly title: string;
  readonly body: string;
  /** of the console, where a person does what is needed; below the address at which browsers reach it */
  readonly page: '/' | '/accounts' | '/removals' | '/health' | '/settings';
  /** the same for programs */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RefusedAccount {
  readonly provider: string;
  readonly user: string;
  /** when it was connected, ms; a later refusal is another matter */
  readonly connectedAt: number | null;
}

export interface HeldInScope {
  readonly scope: string;
  readonly count: number;
  /** of the set of items */
  readonly digest: string;
  /** likewise, as sketchOf gives it; null: they are too many */
  readonly sketch: string | null;
  readonly groups: readonly { readonly id: string; readonly count: number }[];
}

export function reauthNotice(account: RefusedAccount): Notice {
  const { provider, user, connectedAt } = account;
  const name = accountName(account);
  return {
    event: 'needs-reauth',
    id: `needs-reauth ${name} ${connectedAt ?? 0}`,
    type: 'warning',
    title: `${name} has to be connected again`,
    body: `${provider} does not take the credentials of ${name} any more. Nothing is synced, and nothing is removed, until it is connected again: hoardarr connect ${provider} --user ${user}`,
    page: '/accounts',
    data: { provider, user },
  };
}

/** Lines of a message; what is beyond is told as a number. */
const MAX_LINES = 10;

/** However many items and groups there are, they are one message. */
export function heldNotice(held: readonly HeldInScope[]): Notice {
  const total = held.reduce((sum, { count }) => sum + count, 0);
  const groups = held.flatMap((scope) => scope.groups.map((group) => ({ ...group, scope: scope.scope })));
  const lines = groups
    .slice(0, MAX_LINES)
    .map(({ id, scope, count }) => `${scope}: ${count} - hoardarr held approve ${id}, or held reject ${id}`);
  const more = groups.length > MAX_LINES ? [`and ${groups.length - MAX_LINES} more groups: hoardarr held`] : [];
  const many = total === 1 ? '1 removal waits' : `${total} removals wait`;
  return {
    event: 'held',
    id: `held ${held.map(({ scope, digest }) => `${scope} ${digest}`).join(' ')}`,
    type: 'warning',
    title: `${many} for you`,
    body: [`${many} for you, because so many are unusual. Until then everything stays.`, ...lines, ...more].join('\n'),
    page: '/removals',
    data: { count: total, groups },
  };
}

export function deadLettersNotice(byStage: Readonly<Record<string, number>>, upTo: string): Notice {
  const total = Object.values(byStage).reduce((sum, count) => sum + count, 0);
  const stages = Object.entries(byStage).map(([stage, count]) => `${stage} ${count}`);
  const many = total === 1 ? '1 record' : `${total} records`;
  return {
    event: 'dead-letters',
    id: `dead-letters ${upTo}`,
    type: 'failure',
    title: `${many} could not be taken in`,
    body: `${many} could not be taken in, and lie in the dead letters (${stages.join(', ')}). hoardarr dead-letter says why, and hoardarr dead-letter redrive takes them anew.`,
    page: '/health',
    data: { count: total, stages: byStage },
  };
}

/** @param failure of the backup that was due at `slot`, ms */
export function backupNotice(failure: { readonly slot: number; readonly error: string }): Notice {
  const { slot, error } = failure;
  const due = new Date(slot).toISOString();
  return {
    event: 'backup-failed',
    id: `backup-failed ${due}`,
    type: 'failure',
    title: 'A backup of the schedule failed',
    body: `The backup that was due at ${due} failed: ${error}. It is tried again, and the older ones are kept.`,
    page: '/settings',
    data: { dueAt: due },
  };
}

/** @param at ms: so that no receiver takes it for a copy of another one */
export function testNotice(at: number): Notice {
  return {
    event: 'test',
    id: `test ${at}`,
    type: 'info',
    title: 'Hoardarr can reach you',
    body: 'This is a test. Accounts that need to be connected again, removals that wait, records that could not be taken in and backups that failed are told of here.',
    page: '/',
    data: {},
  };
}
