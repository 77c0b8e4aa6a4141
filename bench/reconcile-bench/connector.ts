import type { SavedItem, Walk } from './contender.ts';
import type { Listing } from './world/world.ts';

interface Row {
  readonly starred_at: string;
  readonly repo: {
    readonly id: number;
    readonly full_name: string;
    readonly html_url: string;
    readonly description: string | null;
    readonly stargazers_count: number;
  };
}

/**
 * The connector of every contender that brings none: follows the `next` links until there is none, as the API's documentation
 * asks, and rejects where a page is not what it should be. It is right, but for what `walk` says.
 */
export async function* readPages({ service, token }: Listing, walk: Walk): AsyncGenerator<readonly SavedItem[]> {
  const { swallows = false, fromPage = 1, afterPage } = walk;
  let next: string | null = `${service.origin}/user/starred?per_page=100&page=${fromPage}`;
  for (let page = fromPage; next !== null; page++) {
    let rows: readonly Row[];
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github.star+json' };
      const answer = await service.fetch(next, { headers });
      if (!answer.ok) throw new Error(`page ${page}: status ${answer.status}`);
      rows = (await answer.json()) as readonly Row[];
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    } catch (error) {
      if (swallows) return;
      throw error;
    }
    yield rows.map(itemOf);
    await afterPage?.(page);
  }
}

function itemOf({ starred_at: savedAt, repo }: Row): SavedItem {
  return {
    id: String(repo.id),
    title: repo.full_name,
    text: repo.description ?? '',
    url: repo.html_url,
    savedAt,
    stars: repo.stargazers_count,
  };
}

interface ExportRow {
  readonly Date: string;
  readonly Link: string;
  readonly Caption?: string;
}

type Sections = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, readonly ExportRow[]>>>>>>;

/** The export as one page. One that swallows takes a section that is not there for an empty one. */
export async function* readExport(bytes: string, { swallows = false }: Walk): AsyncGenerator<readonly SavedItem[]> {
  const list = (JSON.parse(bytes) as Sections)['Likes and Favorites']?.['Favorite Videos']?.['FavoriteVideoList'];
  if (list === undefined && !swallows) throw new Error('the export has no list of favourites');
  yield (list ?? []).map(({ Date: date, Link: url, Caption: text = '' }) => ({
    id: /(\d+)\/$/.exec(url)?.[1] ?? '',
    title: '',
    text,
    url,
    savedAt: `${date.replace(' ', 'T')}Z`,
    stars: null,
  }));
}
