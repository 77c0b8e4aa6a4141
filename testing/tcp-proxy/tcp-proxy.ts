import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** How a server is cut off: connections are refused and reset, or nothing comes through and nobody is told. */
export type Cut = 'refused' | 'silent';

/**
 * A TCP proxy between a program and a server on this machine, which cuts the server off and lets it come back. A server that
 * tells its own port, as Couchbase does, is corrected on the way, so that its clients stay with the proxy.
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Map<Socket, Socket>();
  #cut: Cut | null = null;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#serve(client));
  }

  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, HOST);
    await once(proxy.#server, 'listening');
    // Else a corrected answer would have another length than it says.
    if (String(proxy.port).length !== String(target).length)
      throw new Error(`${proxy.port} is as long as ${target} not`);
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  cut(how: Cut): void {
    this.#cut = how;
    for (const [client, server] of this.#pairs) {
      if (how === 'refused') reset(client, server);
      else for (const socket of [client, server]) socket.pause();
    }
  }

  mend(): void {
    this.#cut = null;
    // What was held goes on where it was, as after a network that came back.
    for (const [client, server] of this.#pairs) for (const socket of [client, server]) socket.resume();
  }

  async stop(): Promise<void> {
    for (const [client, server] of this.#pairs) reset(client, server);
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(client: Socket): void {
    if (this.#cut === 'refused') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = connect(this.#target, HOST);
    this.#pairs.set(client, server);
    const end = (): void => {
      this.#pairs.delete(client);
      reset(client, server);
    };
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', end).on('close', end);
    client.on('data', (chunk: Buffer) => this.#pass(client, server, chunk));
    server.on('data', (chunk: Buffer) => this.#pass(server, client, this.#corrected(chunk)));
    if (this.#cut === 'silent') for (const socket of [client, server]) socket.pause();
  }

  /** With back-pressure: who cannot keep up is not read for. */
  #pass(from: Socket, to: Socket, chunk: Buffer): void {
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => {
      if (this.#cut === null) from.resume();
    });
  }

  /** The server's port becomes the proxy's wherever a configuration names it. */
  #corrected(chunk: Buffer): Buffer {
    const named = `"kv":${this.#target}`;
    if (!chunk.includes(named)) return chunk;
    return Buffer.from(chunk.toString('latin1').replaceAll(named, `"kv":${this.port}`), 'latin1');
  }
}

function reset(...sockets: readonly Socket[]): void {
  for (const socket of sockets) if (!socket.destroyed) socket.destroy();
}
