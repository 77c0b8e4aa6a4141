import type { FakeOpenAiStats } from '../../testing/fake-openai/fake-openai.ts';
import type { ServerLimits } from '../../testing/fake-openai/rules.ts';
import { startPart } from '../part.ts';
import type { ServerAnswer, ServerRequest } from './serve.ts';

export interface RemoteServer {
  readonly url: string;
  stats(): Promise<FakeOpenAiStats>;
  reset(): void;
  stop(): Promise<void>;
}

/** Starts the fake server in a process of its own. */
export async function startServer(latencyMs: number, limits: Partial<ServerLimits> = {}): Promise<RemoteServer> {
  const { child, report } = startPart('embed server', { latencyMs, limits });
  const send = (request: ServerRequest): void => void child.send(request);
  const next = (key: 'url' | 'stats') =>
    new Promise<ServerAnswer>((resolve) => {
      const listen = (message: unknown): void => {
        if (typeof message !== 'object' || message === null || !(key in message)) return;
        child.off('message', listen);
        resolve(message as ServerAnswer);
      };
      child.on('message', listen);
    });
  const first = await Promise.race([next('url'), report]);
  if (!('url' in first)) throw new Error('the server ended at once');
  return {
    url: first.url,
    async stats() {
      const answer = next('stats');
      send('stats');
      const message = await answer;
      if (!('stats' in message)) throw new Error('the server gave another answer');
      return message.stats;
    },
    reset: () => send('reset'),
    async stop() {
      send('stop');
      await report;
    },
  };
}
