import { formatCount, plural } from './lib/format.ts';

/**
 * Every text of the console, so that a translation is one file: words as they are, and a function where something is filled
 * in. A page's texts stand under its name.
 */
export const texts = {
  product: 'Hoardarr',
  cancel: 'Cancel',
  close: 'Close',
  tryAgain: 'Try again',
  loading: 'Loading…',
  unknownPage: {
    title: 'There is nothing here',
    text: 'The address leads nowhere in this console.',
    action: 'To the collection',
  },
  crashed: {
    title: 'Something went wrong in this page',
    text: 'Your collection is not touched by that. Loading the page again usually mends it.',
    action: 'Load again',
  },
  providers: { tiktok: 'TikTok', reddit: 'Reddit', github: 'GitHub' },
  collections: { favorites: 'favorites', saved: 'saved', starred: 'stars' },
  states: { active: 'Active', held: 'Held', trash: 'Trash', purged: 'Purged' },
  items: (count: number) => plural(count, 'item', 'items'),
  count: formatCount,

  shell: {
    skip: 'Skip to the content',
    navigation: 'Pages',
    collection: 'Collection',
    uploads: 'Uploads',
    accounts: 'Accounts',
    removals: 'Removals',
    health: 'Health',
    settings: 'Settings',
    theme: { label: 'Colours', system: 'As the system', light: 'Light', dark: 'Dark' },
    shortcuts: 'Keyboard shortcuts',
    logOut: 'Log out',
    dropTitle: 'Drop it to import it',
    dropText: 'An export of TikTok or Reddit: .zip, .json, .txt or .csv',
  },

  login: {
    title: 'Log in',
    password: 'Password',
    submit: 'Log in',
    oidc: 'Sign in with your identity provider',
    proxy: 'Logins come from the proxy in front of Hoardarr: sign in there, and load this page again.',
    needsSetup: 'No password has been set yet. Whoever runs Hoardarr sets it on its command line.',
    lockedOut: 'Locked out? Whoever runs Hoardarr can set a new password on its command line.',
  },
} as const;
