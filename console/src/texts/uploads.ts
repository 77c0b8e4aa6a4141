import { formatCount, plural } from '../lib/format.ts';

const ofWords = (done: number, total: number): string => `${formatCount(done)} of ${formatCount(total)}`;

/** Exports on their way. */
export const uploadsTexts = {
  uploads: {
    title: 'Uploads',
    intro: 'Exports that you got from TikTok or Reddit. You can also drop files anywhere in the console.',
    list: 'Uploads of this browser',
    none: { title: 'No uploads yet', text: 'What you upload in this browser is listed here, with what came of it.' },
    choose: {
      title: 'Choose exports, or drop them here',
      text: 'TikTok: .zip, .json or .txt. Reddit: the .zip of the data request, or its .csv files.',
      action: 'Choose files',
    },
    options: {
      title: 'Options',
      user: 'Whose',
      userHint: 'Several accounts of a provider are several names.',
      userError: '1 to 64 letters, digits, dots, _ and -',
      asOf: 'Made on',
      asOfHint: 'The day of the export, if you know it: it tells which of two exports is newer.',
    },
    stages: {
      waiting: 'Waits for its turn',
      sending: 'Sending',
      queued: 'Waits for the import before it',
      bytes: (done: string, total: string) => `${done} of ${total}`,
      steps: {
        read: { label: 'Reading the export', some: (n: number) => formatCount(n), of: ofWords },
        links: { label: 'Resolving short links', some: (n: number) => formatCount(n), of: ofWords },
        write: { label: 'Taking items in', some: (n: number) => formatCount(n), of: ofWords },
        apply: {
          label: 'Fetching details',
          some: (n: number) => plural(n, 'batch', 'batches'),
          of: (done: number, total: number) => `${ofWords(done, total)} batches`,
        },
        embed: { label: 'Embedding texts', some: (n: number) => formatCount(n), of: ofWords },
        other: { label: 'Working', some: (n: number) => formatCount(n), of: ofWords },
      },
    },
    elsewhere: 'Sent by another tab of this browser, as long as that is open',
    cutOff: 'The connection is gone; trying again…',
    whose: 'Whose export is this?',
    done: 'Done',
    failed: 'Failed',
    changes: {
      new: (n: number) => `${formatCount(n)} new`,
      updated: (n: number) => `${formatCount(n)} updated`,
      restored: (n: number) => `${formatCount(n)} back from the trash`,
      removed: (n: number) => `${formatCount(n)} removed`,
      unchanged: (n: number) => `${formatCount(n)} unchanged`,
      skipped: (n: number) => plural(n, 'row skipped', 'rows skipped'),
      failed: (n: number) => plural(n, 'item without details yet', 'items without details yet'),
    },
    nothingChanged: 'Nothing has changed.',
    converged: 'The collection now holds exactly what the export lists.',
    show: 'Show the items',
    held: (n: number) => `Review ${plural(n, 'held removal', 'held removals')}`,
    dismiss: (name: string) => `Take ${name} off the list`,
    stop: (name: string) => `Stop following ${name}`,
    ended: (name: string, isDone: boolean) => (isDone ? `${name} has been imported` : `${name} could not be imported`),
    interrupted: 'The page was closed before the whole file was sent: choose it again.',
    forgotten: 'The server does not know this upload any more: send it again.',
    dropUserError: 'Say whose it is first, in the options: 1 to 64 letters, digits, dots, _ and -',
    folder: 'A folder cannot be uploaded: drop the .zip as you got it, or the files inside',
  },
} as const;
