export interface WalkInput {
  readonly url: string;
  readonly token: string;
}

export interface WalkResult {
  readonly ms: number;
  readonly rows: number;
}

/** The floor: the pages of the list by bare fetch, one after the other, parsed and thrown away; page 1 once more at the end. */
export async function walkPages({ url, token }: WalkInput): Promise<WalkResult> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github.star+json' };
  const since = performance.now();
  let rows = 0;
  for (let next: string | undefined = url; next !== undefined; ) {
    const response: Response = await fetch(next, { headers });
    rows += ((await response.json()) as unknown[]).length;
    next = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  await (await fetch(url, { headers })).json();
  return { ms: performance.now() - since, rows };
}
