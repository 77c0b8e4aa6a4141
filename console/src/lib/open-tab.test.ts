import { afterEach, expect, test } from '@jest/globals';
import { OpenTab } from './open-tab.ts';

const tabs: OpenTab[] = [];
const open = (): OpenTab => {
  const tab = new OpenTab();
  tabs.push(tab);
  return tab;
};
afterEach(() => tabs.splice(0).forEach((tab) => tab.close()));

test('tabs know of each other while they are open', async () => {
  const [one, other] = [open(), open()];
  expect(await one.isOpen(other.name)).toBe(true);
  expect(await Promise.all([one, other].map((tab) => tab.isOpen('of before')))).toEqual([false, false]);
  other.close();
  expect(await one.isOpen(other.name)).toBe(false);
});
