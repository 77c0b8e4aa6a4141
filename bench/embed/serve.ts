import { FakeOpenAi, type FakeOpenAiStats } from '../../testing/fake-openai/fake-openai.ts';
import type { ServerLimits } from '../../testing/fake-openai/rules.ts';

/** What the parent asks of the server, over the channel between processes. */
export type ServerRequest = 'stats' | 'reset' | 'stop';
export type ServerAnswer = { readonly url: string } | { readonly stats: FakeOpenAiStats };

/** A fake OpenAI server in a process of its own, until it is told to stop. */
export async function serve(options: {
  readonly latencyMs: number;
  readonly limits: Partial<ServerLimits>;
}): Promise<null> {
  const fake = await FakeOpenAi.start(options);
  const answer = (message: ServerAnswer): void => void process.send?.(message);
  const stopped = new Promise<void>((resolve) => {
    process.on('message', (request: ServerRequest) => {
      if (request === 'stop') resolve();
      if (request === 'reset') fake.resetStats();
      if (request === 'stats') answer({ stats: fake.stats });
    });
  });
  answer({ url: fake.url });
  await stopped;
  await fake.stop();
  return null;
}
