import { formatCount, plural } from '../lib/format.ts';

/** In backticks, which are shown as code. */
function coded(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** Accounts at providers. */
export const accountsTexts = {
  accounts: {
    title: 'Accounts',
    intro: 'Where what you save comes from, and whether both sides hold the same.',
    none: {
      title: 'No account yet',
      text: 'Connect GitHub or Reddit to keep your stars and saved posts, or upload an export.',
      upload: 'Upload an export',
    },
    name: (provider: string, login: string | null, user: string) =>
      `${provider}${login === null ? '' : `: ${login}`}${user === 'me' ? '' : ` (${user})`}`,
    states: {
      connected: 'Connected',
      paused: 'Paused',
      reauth: 'Needs you',
      disconnected: 'Not connected',
      uploads: 'By uploads',
    },
    reauth: (provider: string) =>
      `${provider} does not accept the authorization any more. Nothing is removed meanwhile; connect again to go on.`,
    reconnect: 'Connect again',
    uploadsOnly: 'It is kept up to date by the exports that you upload.',
    disconnected: 'It is not synced until it is connected again.',
    upload: 'Upload an export',
    convergence: {
      source: (provider: string, exported: string | null) =>
        exported === null ? provider : `The ${provider} export of ${exported}`,
      checked: (when: string | null) => (when === null ? '' : `, checked ${when}`),
      same: (source: string, count: number, checked: string) =>
        count === 0
          ? `${source} and Hoardarr both hold nothing${checked}`
          : `${source} and Hoardarr hold the same ${plural(count, 'item', 'items')}${checked}`,
      differs: (source: string, count: number, checked: string) =>
        `${source} lists ${plural(count, 'item', 'items')}, and Hoardarr does not hold exactly these${checked}: what differs waits for you, or for the next sync`,
    },
    running: (isFull: boolean, provider: string, fetched: number) =>
      `${isFull ? 'Full sync' : 'Sync'} with ${provider}: ${plural(fetched, 'item', 'items')} fetched`,
    never: 'not yet',
    facts: { last: 'Last sync', full: 'Last full sync', next: 'Next sync', budget: 'Requests left' },
    budget: (remaining: number, limit: number) => `${formatCount(remaining)} of ${formatCount(limit)}`,
    budgetUnknown: 'known after a sync',
    cadence: {
      label: 'How often',
      every: (ms: number) => {
        const minutes = Math.round(ms / 60_000);
        if (minutes % 1440 === 0) return minutes === 1440 ? 'Every day' : `Every ${minutes / 1440} days`;
        if (minutes % 60 === 0) return minutes === 60 ? 'Every hour' : `Every ${minutes / 60} hours`;
        return `Every ${plural(minutes, 'minute', 'minutes')}`;
      },
    },
    pause: { label: 'Pause', hint: 'No syncs until it goes on' },
    sync: 'Sync now',
    fullSync: 'Full sync',
    asked: (isFull: boolean) => (isFull ? 'A full sync was asked for' : 'A sync was asked for'),
    connect: {
      action: 'Connect an account',
      again: 'Connect',
      title: 'Connect an account',
      provider: 'Provider',
      user: 'Whose',
      userHint: 'A name of your choice. Several accounts of a provider are several names.',
      token: 'Token',
      tokenHint: 'At GitHub: Settings, Developer settings, fine-grained token, with read access to Starring.',
      login: 'Name at GitHub',
      loginHint:
        'Its stars have to be public. They are read without a token, slower, and those of private repositories are not seen.',
      connect: 'Connect',
      withCode: 'Use a code instead',
      withLogin: 'Public stars, without a token',
      withToken: 'Use a token instead',
      codeLacks: (names: readonly string[]) =>
        `To sign in with a code instead, ${coded(names)} has to be set where Hoardarr runs: the client id of an OAuth app at GitHub (Settings, Developer settings) that has the device flow on.`,
      reddit: 'Go on to Reddit',
      redditLacks: (names: readonly string[]) =>
        `This installation cannot connect Reddit yet: ${coded(names)} has to be set where Hoardarr runs, with the id of the application that Reddit approved.`,
      redditInstead: 'Upload a data request',
      redditApproval:
        'Reddit has to approve an application of yours first, which can take weeks and may be refused. A data request, uploaded here, needs no approval.',
      codeText: 'Type this code at GitHub, in any browser:',
      openCode: 'Open GitHub',
      copy: 'Copy the code',
      waiting: 'This goes on by itself when you have agreed there.',
      leaving: (provider: string) => `Going on to ${provider}…`,
      done: (provider: string, login: string) => `${provider} is connected: ${login}`,
      failed: 'The account was not connected',
      refused: {
        'connection-late':
          'Nobody waited for this answer any more: it was used already, came too late, or was asked for elsewhere. Connect again.',
      },
    },
    disconnect: {
      label: 'Disconnect',
      title: (provider: string) => `Disconnect ${provider}?`,
      text: 'Its tokens are forgotten and it is not synced any more. What it brought stays in the collection.',
      alsoErase: 'Also erase what it brought',
      eraseText: 'All its items are purged: texts, vectors and pictures. This cannot be undone.',
      erase: 'Disconnect and erase',
      done: (provider: string, erased: number) =>
        erased === 0
          ? `${provider} is disconnected`
          : `${provider} is disconnected, ${plural(erased, 'item', 'items')} erased`,
    },
  },
} as const;
