import { type FakeReply, type FakeRequest, FakeService } from '../fake-service/fake-service.ts';

/** A notification as it was taken in, whatever form it came in. */
export interface Received {
  readonly path: string;
  readonly headers: Headers;
  /** of ntfy: the header */
  readonly title: string;
  readonly body: string;
  /** what else was in the JSON; empty for ntfy */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Takes in webhooks, and messages as ntfy and the Apprise API take them: https://docs.ntfy.sh/publish/, caronc/apprise-api. */
export class FakeReceiver extends FakeService {
  readonly received: Received[] = [];
  /** answers 503 */
  isDown = false;

  protected answer({ method, url, headers, body }: FakeRequest): FakeReply {
    if (this.isDown) return { status: 503, headers: {}, body: '' };
    if (method !== 'POST') return { status: 405, headers: {}, body: '' };
    const isJson = headers.get('content-type') === 'application/json';
    const { title, body: text, ...fields } = isJson ? parse(body) : { title: headers.get('title'), body };
    if (typeof title !== 'string' || typeof text !== 'string' || text === '')
      return { status: 400, headers: {}, body: '' };
    this.received.push({ path: url.pathname, headers, title, body: text, fields });
    return { status: 200, headers: {}, body: '{}' };
  }
}

function parse(body: string): Readonly<Record<string, unknown>> {
  return JSON.parse(body) as Readonly<Record<string, unknown>>;
}
