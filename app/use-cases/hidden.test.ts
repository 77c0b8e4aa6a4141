import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { commit, content, item, scopeRow } from '../../testing/contracts/item-store-samples.ts';
import { openMemoryApp } from '../../testing/topology/memory-app.ts';
import type { App } from '../app.ts';
import { explainItem } from './explain.ts';
import { listHeld } from './held.ts';
import { getItem, listItems } from './items.ts';
import { previewDecision } from './preview-decision.ts';

/** The address stays: it is what the item is named by. */
const DELETED = { content: content('planted title', { url: 'https://www.example.org/1', author: 'planted author' }) };
const CHOICE = { provider: 'tiktok', user: 'me', collection: 'favorites' };

describe.each(['memory', 'sqlite'] as const)('what its author deleted, in a %s store', (store) => {
  let app: App;
  beforeEach(async () => {
    ({ app } = await openMemoryApp({ seed: 1, store }));
    await commit(app.store, {
      scopes: [scopeRow()],
      items: [
        item('1', { hidden: true }, DELETED),
        item('2', { hidden: true, state: 'trash' }, DELETED),
        item('3', { hidden: true, state: 'held', holdId: 'held-1' }, DELETED),
      ],
    });
  });
  afterEach(() => app.close());

  it.each([
    ['a list of all', () => listItems(app, { state: 'all' })],
    ['the trash', () => listItems(app, { state: 'trash' })],
    ['what is held', () => listHeld(app)],
    ['one item', () => getItem(app, CHOICE, '1')],
    ['why it is there', () => explainItem(app, CHOICE, '2')],
    ['what a purge would do', () => previewDecision(app, 'purge', [{ ...CHOICE, itemId: '3' }])],
  ])('is named, and its text is not shown, in %s', async (_where, read) => {
    const shown = JSON.stringify(await read());
    expect(shown).toContain('"itemId":');
    expect(shown).not.toContain('planted');
  });
});
