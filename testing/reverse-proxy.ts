import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Who stands behind it, on this machine. */
interface Target {
  readonly port: number;
}

/**
 * A reverse proxy on loopback, as Caddy or nginx stand in front: it keeps path and Host, says for whom it asks, and answers 502
 * where nobody is behind it. It can be cut off while a body goes through.
 */
export class ReverseProxy {
  readonly #server: Server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  /** null: what it stands in front of is away */
  target: Target | null = null;
  /** the header in which it names who is logged in, in lower case, and who that is; browsers cannot set it */
  user: { readonly header: string; readonly name: string | null } | null = null;
  /** bodies so long, in bytes, are cut off in their middle */
  cutsFrom = Number.POSITIVE_INFINITY;
  /** answers are kept back, and their connections cut, where this says so of a request that was taken in */
  losesAnswer: (incoming: IncomingMessage) => boolean = () => false;
  /** how many requests or answers it cut off so far */
  cut = 0;
  /** how many requests it answered with 502 so far */
  refused = 0;

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** By a name, so that pages on the address of this machine are of another site. */
  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url, headers } = incoming;
    const forwarded = { ...headers, 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1' };
    const named = this.user === null ? forwarded : withUser(forwarded, this.user);
    if (this.target === null) return this.#refuse(outgoing);
    const sent = request({
      host: '127.0.0.1',
      port: this.target.port,
      method,
      path: url,
      headers: named,
      agent: false,
    });
    const cutOff = (): void => {
      this.cut++;
      sent.destroy();
      incoming.socket.destroy();
    };
    sent.on('response', (answer) => {
      if (this.losesAnswer(incoming)) return cutOff();
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy()).pipe(outgoing);
    });
    sent.on('error', () => (outgoing.headersSent ? outgoing.destroy() : this.#refuse(outgoing)));
    outgoing.on('close', () => sent.destroy());
    incoming.on('error', () => sent.destroy());
    if (Number(headers['content-length'] ?? 0) < this.cutsFrom) incoming.pipe(sent);
    else
      incoming.once('data', (chunk: Buffer) => {
        // Where the machine is busy, one chunk may be all of it.
        sent.write(chunk.subarray(0, chunk.length >> 1));
        setImmediate(cutOff);
      });
  }

  #refuse(outgoing: ServerResponse): void {
    this.refused++;
    outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
  }
}

function withUser(
  headers: IncomingMessage['headers'],
  { header, name }: { readonly header: string; readonly name: string | null },
): IncomingMessage['headers'] {
  const { [header]: _fromTheBrowser, ...rest } = headers;
  return name === null ? rest : { ...rest, [header]: name };
}
