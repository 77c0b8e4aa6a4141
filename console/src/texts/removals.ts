import { formatCount, plural } from '../lib/format.ts';

/** What waits for approval, the trash, the journal. */
export const removalsTexts = {
  removals: {
    title: 'Removals',
    intro: 'Nothing goes without evidence, and what went can be brought back from the trash.',
    parts: 'Parts of removals',
    names: { held: 'Waiting for you', trash: 'Trash', journal: 'Journal' },
    choose: (title: string) => `Choose ${title}`,
    chosen: (n: number, of: number) => `${formatCount(n)} of ${formatCount(of)} chosen`,
    decided: {
      approve: (n: number) => `${plural(n, 'item', 'items')} moved to the trash`,
      reject: (n: number) => `${plural(n, 'item', 'items')} kept and pinned`,
      restore: (n: number) => `${plural(n, 'item', 'items')} restored and pinned`,
      purge: (n: number) => `${plural(n, 'item', 'items')} purged`,
    },
    undone: (n: number) => `${plural(n, 'item was', 'items were')} in another state by then, and stayed as it is`,
    held: {
      none: {
        title: 'Nothing waits for you',
        text: 'Where a snapshot would remove unusually much at once, it is held here until you say so.',
      },
      title: (n: number, provider: string, collection: string, user: string) =>
        `${plural(n, 'removal', 'removals')} from ${provider}, ${collection}${user === 'me' ? '' : ` of ${user}`}`,
      missing: (listed: number | null, isExport: boolean, when: string | null, n: number, provider: string) => {
        const source = isExport ? `The export${when === null ? '' : ` of ${when}`}` : `The list of ${provider}`;
        const these = n === 1 ? 'and this one is not among them' : `and these ${formatCount(n)} are not among them`;
        return listed === null
          ? `${source} does not have these.`
          : `${source} has ${plural(listed, 'item', 'items')}, ${these}.`;
      },
      because: (reason: string) => (reason === '' ? '' : `They wait for you, because ${reason.replace(/\.$/, '')}.`),
      since: 'Held',
      rest: (n: number) => `${plural(n, 'other goes', 'others go')} on waiting here.`,
      more: (n: number) => `${plural(n, 'more is', 'more are')} shown when these are decided.`,
      saved: (date: string) => `saved ${date}`,
      list: (provider: string) => `Held removals from ${provider}`,
      approve: {
        label: 'Remove',
        title: (n: number) => `Remove ${plural(n, 'item', 'items')}?`,
        text: 'They move to the trash, where you can bring them back.',
      },
      reject: {
        label: 'Keep',
        title: (n: number) => `Keep ${plural(n, 'item', 'items')}?`,
        text: 'They stay in the collection and are pinned: no later snapshot removes them.',
      },
    },
    trash: {
      none: { title: 'The trash is empty', text: 'What is removed is kept here, with its evidence.' },
      kept: (days: number | null) =>
        `What is removed is kept here${days === null ? '' : ` for ${plural(days, 'day', 'days')}`}, and then purged.`,
      // Short, so that both fit on a phone.
      removed: (date: string) => `since ${date}`,
      purges: (date: string) => `until ${date}`,
      list: 'Items in the trash',
      restore: {
        label: 'Restore',
        title: (n: number) => `Restore ${plural(n, 'item', 'items')}?`,
        text: 'They go back into the collection and are pinned: you keep them, whatever the source says.',
      },
      purge: {
        label: 'Purge',
        title: (n: number) => `Purge ${plural(n, 'item', 'items')} for good?`,
        text: 'Their texts, vectors and pictures are erased everywhere, and they are not taken in again. This cannot be undone.',
      },
    },
    journal: {
      kind: 'What happened',
      kinds: { all: 'Everything', removed: 'Removed', held: 'Held', restored: 'Restored', purged: 'Purged' },
      none: { title: 'Nothing was removed', text: 'Every removal will be told here, with its evidence.' },
      more: 'Show more',
      many: (n: number, isAll: boolean, provider: string, collection: string) =>
        `${isAll ? '' : 'More than '}${plural(n, 'item', 'items')} of ${provider}, ${collection}`,
      byPerson: {
        restore: 'Brought back and pinned',
        approve: 'The held removal was approved',
        reject: 'The held removal was rejected, so they stay',
        purge: 'Erased for good',
      },
      which: 'Which ones',
    },
  },
} as const;
