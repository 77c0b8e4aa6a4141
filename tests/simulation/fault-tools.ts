import type { FakeReply, FakeRequest, Fault } from '../../testing/fake-service/fake-service.ts';
import type { Simulation } from './simulation.ts';

/** False: it could not be injected now. */
export type Inject = (simulation: Simulation, n: number) => boolean | Promise<boolean>;

export const isList = ({ url }: FakeRequest): boolean => /\/(starred|saved)$/.test(url.pathname);
export const isQuestion = ({ url }: FakeRequest): boolean => /\/(graphql|info)$/.test(url.pathname);

/** Lets one of the next requests, of those that `meets` says, get something else than its answer. */
export function answerOnce(
  simulation: Simulation,
  meets: (request: FakeRequest) => boolean,
  fault: (request: FakeRequest) => Fault | undefined,
): boolean {
  const { service } = simulation.source;
  if (service === null) return false;
  let left = simulation.pick(3);
  service.before = (request) => {
    if (!meets(request) || left-- > 0) return undefined;
    service.before = () => undefined;
    return fault(request);
  };
  return true;
}

export const reply =
  (change: (reply: FakeReply) => Partial<FakeReply>): ((given: FakeReply) => FakeReply) =>
  (given) => ({
    ...given,
    ...change(given),
  });

/** A page as if nothing were saved, with the links that it has or without. */
export const emptied = (s: Simulation, { body, headers }: FakeReply, isLast: boolean): Partial<FakeReply> => {
  // Where more pages were to come, an empty one is no answer.
  if (isLast || !/rel="next"|"after":"/.test(`${headers['link']}${body}`)) s.wasMisled = true;
  const { link: _link, ...others } = headers;
  if (body.startsWith('[')) return { body: '[]', headers: isLast ? others : headers };
  const listing = JSON.parse(body === '' ? '{}' : body) as { data?: { children?: unknown; after?: unknown } };
  if (listing.data === undefined) return {};
  return {
    body: JSON.stringify({ ...listing, data: { ...listing.data, children: [], ...(isLast ? { after: null } : {}) } }),
  };
};

export const shortened = (s: Simulation, { body, headers }: FakeReply): Partial<FakeReply> => {
  s.wasMisled = true;
  const { link: _link, ...others } = headers;
  if (body.startsWith('[')) return { headers: others };
  return { body: body.replace(/"after":"[^"]*"/, '"after":null') };
};

/** Everything that is asked about is said to be saved no more, the control ids among it. */
export const denied = ({ body }: FakeReply): Partial<FakeReply> => ({
  body: body
    .replaceAll('"viewerHasStarred":true', '"viewerHasStarred":false')
    .replaceAll('"saved":true', '"saved":false'),
});

/** Bytes of the export last taken, changed. */
export const upload =
  (change: (bytes: Buffer) => Uint8Array): Inject =>
  (simulation) => {
    const taken = simulation.source.takeExport('honest');
    if (taken === null) return false;
    simulation.handIn({ ...taken, bytes: change(Buffer.from(taken.bytes)) });
    return true;
  };

/** A row that names no video, of an honest list. */
export const unreadable = (text: string): string =>
  text.replace(/("(?:Link|link)": ?")[^"]*"/, '$1https://example.org/"');
