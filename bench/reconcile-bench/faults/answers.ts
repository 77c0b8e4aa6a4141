import { FAULTS, type FakeReply, type FakeRequest, type Fault } from '../../../testing/fake-service/fake-service.ts';
import type { ListingHistory } from '../history.ts';

/** The page that is asked for; null: it is no request for a page. */
export function pageOf({ url }: FakeRequest): number | null {
  return url.pathname.endsWith('/starred') ? Number(url.searchParams.get('page') ?? 1) : null;
}

/** While it lasts, pages that are chosen get something else than their answer. */
export function answer({ world }: ListingHistory, choose: (page: number) => boolean, fault: Fault): void {
  world.github.before = (request) => {
    const page = pageOf(request);
    return page !== null && choose(page) ? fault : undefined;
  };
}

/** Something happens at the source right before it answers for this page, once. */
export function atPage({ world }: ListingHistory, wanted: number, happens: () => void): void {
  let isDone = false;
  world.github.before = (request) => {
    if (pageOf(request) !== wanted || isDone) return;
    isDone = true;
    happens();
  };
}

export const SERVER_ERROR = FAULTS['server error'];
export const UNAUTHORIZED = FAULTS.unauthorized;
export const RATE_LIMITED = FAULTS['too many requests'];
export const REFUSED = FAULTS.refused;

const withoutLinks = ({ headers, ...reply }: FakeReply): FakeReply => {
  const { link: _link, ...others } = headers;
  return { ...reply, headers: others };
};

export const EMPTY_200 = (reply: FakeReply): FakeReply => ({ ...withoutLinks(reply), status: 200, body: '[]' });
/** As if it were the last page. */
export const LAST = withoutLinks;
