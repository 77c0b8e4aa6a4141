import { expect } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { type ConsoleWorld, seriousFaults } from './console-world.test-support.ts';

export function button(page: Page | Locator, name: string): Locator {
  return page.getByRole('button', { name, exact: true });
}

/** Answers the dialog that asks whether this is meant. */
export async function confirm(page: Page, title: string, name: string): Promise<void> {
  const dialog = page.getByRole('alertdialog', { name: title });
  await dialog.waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await button(dialog, name).click();
  await dialog.waitFor({ state: 'detached' });
}

/** What is said for a while; what failed is there once more for screen readers. */
export function toast(page: Page, words: string | RegExp): Locator {
  return page.getByRole('region', { name: 'Notifications' }).getByText(words);
}

/** The card of an upload, by the name of its file. */
export function uploadCard(page: Page, fileName: string): Locator {
  return page.getByRole('article', { name: fileName });
}

/** Uploads an export that is given by its content, on the page of uploads. */
export async function beginImport(world: ConsoleWorld, page: Page, content: object, name: string): Promise<Locator> {
  await page.goto(`${world.url}/uploads`);
  await page.locator('input[type=file]').setInputFiles(world.file(name, content));
  return uploadCard(page, name);
}

/** The same, to its end. */
export async function importVia(
  world: ConsoleWorld,
  page: Page,
  content: object,
  name = 'user_data_tiktok.json',
): Promise<void> {
  const card = await beginImport(world, page, content, name);
  await card.getByText('Done', { exact: true }).waitFor();
}

/** Remembers what screen readers are told from now on; resolves to how to read it. */
export async function watchTold(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(`(() => {
    const region = document.querySelector('output[aria-live]');
    const told = (window.told = []);
    new MutationObserver(() => told.push(region.textContent)).observe(region, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  })()`);
  return () => page.evaluate<readonly string[]>('window.told');
}
