/** A row of a list of saved things, with invented words. */
export interface InventedLink {
  readonly id: string;
  readonly permalink: string;
}

export function inventedPost(n: number, slug = `invented_post_number_${n}`): InventedLink {
  const id = (n + 1_000_000).toString(36);
  return { id, permalink: `https://www.reddit.com/r/test/comments/${id}/${slug}/` };
}

export function inventedComment(n: number): InventedLink {
  const id = (n + 2_000_000).toString(36);
  return { id, permalink: `https://www.reddit.com/r/test/comments/zz${id}/an_invented_thread/${id}/` };
}

export function inventedPosts(count: number, from = 0): InventedLink[] {
  return Array.from({ length: count }, (_, n) => inventedPost(from + n));
}

export function inventedComments(count: number, from = 0): InventedLink[] {
  return Array.from({ length: count }, (_, n) => inventedComment(from + n));
}

/** As Reddit writes it. */
export function savedCsv(links: readonly InventedLink[], lineBreak = '\n'): string {
  return ['id,permalink', ...links.map(({ id, permalink }) => `${id},${permalink}`), ''].join(lineBreak);
}
