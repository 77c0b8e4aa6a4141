import { reportLoggedOut } from './logged-out.ts';

/** Where the console is served, with a slash at its end. */
export const BASE_URL = new URL('.', document.baseURI);

/** What the router takes as its base: no slash at the end, empty for the root. */
export const BASE_PATH = BASE_URL.pathname.replace(/\/$/, '');

export type QueryValue = string | number | boolean | null | undefined;

/** What the server refused or could not do, in its own words: an RFC 9457 problem document. */
export class ApiProblem extends Error {
  /** of HTTP; 0 where nobody answered */
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.name = 'ApiProblem';
    this.status = status;
  }
}

/** Says that a script of this page asks: a form of another page cannot send it, so that the API refuses what comes without. */
export const OWN_REQUEST = { 'x-requested-with': 'hoardarr' } as const;

export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly signal?: AbortSignal;
  /** sent as JSON; a file as its bytes */
  readonly body?: unknown;
}

/** @param path below the base, without a slash at its beginning: `v1/items` */
export function apiUrl(path: string, query: Readonly<Record<string, QueryValue>> = {}): string {
  const url = new URL(path, BASE_URL);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') url.searchParams.set(name, String(value));
  }
  return url.href;
}

/**
 * Asks the API. Resolves to the document of the answer, undefined where it has none.
 *
 * @throws ApiProblem for every answer that is an error, and where nobody answers; the signal's reason when it is aborted
 */
export async function api<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const { query, signal, body } = options;
  const headers: Record<string, string> = { accept: 'application/json', ...OWN_REQUEST };
  const init: RequestInit = { method, headers };
  if (signal !== undefined) init.signal = signal;
  if (body !== undefined) {
    const isFile = body instanceof Blob;
    headers['content-type'] = isFile ? 'application/octet-stream' : 'application/json';
    init.body = isFile ? body : JSON.stringify(body);
  }
  const response = await fetch(apiUrl(path, query), init).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(0, 'The server does not answer. Is Hoardarr running?');
  });
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  if (response.status === 401) reportLoggedOut();
  throw new ApiProblem(response.status, problemText(await response.text(), response.status));
}

/** The words of a problem document; something readable where a proxy answered instead. */
export function problemText(body: string, status: number): string {
  try {
    const { detail } = JSON.parse(body) as { readonly detail?: string };
    if (typeof detail === 'string') return detail;
  } catch {
    // No JSON: the page of a proxy.
  }
  return `the server answered with status ${status}`;
}

export const get = <T>(path: string, options?: RequestOptions): Promise<T> => api<T>('GET', path, options);
export const post = <T>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> =>
  api<T>('POST', path, { ...options, body });

/** Any error in words for people. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
