import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One request and its answer, as somebody recorded them at a provider. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** the exact text of the answer */
  readonly body: string;
}

/** How a request finds its exchange: by path, and by these parameters. What else it asks with is ours, and was not recorded. */
interface Route {
  readonly pathname: string;
  readonly exchange: Exchange;
  used: boolean;
}

const FORMAT = 'recorded-http/1';
/** Recordings lie beside the checkout, because they are others' and not ours to publish. */
const FOLDER = path.join(__dirname, '../../../shared/fixtures');
const PLACE = ['page', 'after'];

/** The exchanges of a recording; null where it is not here, which is said loudly. */
export function readRecording(name: string): readonly Exchange[] | null {
  const file = path.join(FOLDER, name);
  if (!existsSync(file)) {
    process.stderr.write(`\n!!! NOT TESTED, the recording is not here: ${name}\n`);
    return null;
  }
  const { format, interactions } = JSON.parse(readFileSync(file, 'utf8')) as RecordedFile;
  if (format !== FORMAT) throw new Error(`${name} is in a format that is not known: ${format}`);
  return interactions.map(({ request, response }) => ({
    method: request.method,
    url: new URL(request.url),
    status: response.status,
    headers: response.headers,
    body: response.body ?? '',
  }));
}

interface RecordedFile {
  readonly format: string;
  readonly interactions: readonly {
    readonly request: { readonly method: string; readonly url: string };
    readonly response: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | null;
    };
  }[];
}

/** What was not recorded, and has to be answered all the same: whose token it is. */
export function invented(url: string, value: unknown): Exchange {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { method: 'GET', url: new URL(url), status: 200, headers, body: JSON.stringify(value) };
}

/**
 * Answers with exactly what was recorded: status, headers and body. An exchange answers once, in order, and the last one of a
 * place as often as it is asked for. Where nothing was recorded, nobody answers.
 */
export class RecordedHttp {
  /** what was asked, with the status that it got */
  readonly asked: string[] = [];
  readonly #routes: Route[] = [];

  /** Exchanges that answer where they were recorded, or at another path. */
  add(exchanges: readonly Exchange[], pathname?: string): this {
    for (const exchange of exchanges)
      this.#routes.push({ pathname: pathname ?? trimmed(exchange.url.pathname), exchange, used: false });
    return this;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? 'GET';
    const fitting = this.#routes.filter((route) => fits(route, method, url));
    const route = fitting.find(({ used }) => !used) ?? fitting.at(-1);
    if (route === undefined) {
      this.asked.push(`${method} ${url.pathname}${url.search} nobody`);
      throw new TypeError(`fetch failed: nothing was recorded of ${method} ${url.pathname}${url.search}`);
    }
    route.used = true;
    const { status, headers, body } = route.exchange;
    this.asked.push(`${method} ${url.pathname}${url.search} ${status}`);
    return new Response(status === 204 || status === 304 ? null : body, { status, headers });
  };
}

function fits({ pathname, exchange }: Route, method: string, url: URL): boolean {
  return (
    exchange.method === method &&
    exchange.url.origin === url.origin &&
    pathname === trimmed(url.pathname) &&
    PLACE.every((name) => exchange.url.searchParams.get(name) === url.searchParams.get(name))
  );
}

function trimmed(pathname: string): string {
  return pathname.replace(/(.)\/$/, '$1');
}
