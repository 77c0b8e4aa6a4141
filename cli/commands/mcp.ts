import { Console } from 'node:console';
import type { Command } from 'commander';
import type { App } from '../../app/app.ts';
import { BEAT_MS } from '../../app/presence.ts';
import { isRestoreDue } from '../../app/use-cases/restore.ts';
import { anyOf } from '../../core/abort-signals.ts';
import type { StdioServing } from '../../mcp/serve-stdio.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';

export function registerMcp(program: Command, context: CliContext): void {
  withGlobals(program.command('mcp'))
    .description('serves your assistant (Model Context Protocol) over stdin and stdout, until stdin ends')
    .action(async (_options: object, command: Command) => {
      // Here, since no other command speaks the protocol.
      const { serveMcpStdio } = await import('../../mcp/serve-stdio.ts');
      const { stdin, stdout, stderr } = context.io;
      const user = context.user(globalsOf(command));
      const usual = globalThis.console;
      // What a package prints would break the protocol.
      globalThis.console = new Console(stderr, stderr);
      let serving: StdioServing | null = null;
      /** True where it has to begin again, because a backup takes the place of the data. */
      const serve = async (app: App, interrupted: AbortSignal): Promise<boolean> => {
        // A restore ends with the same connection on other data.
        if (serving === null) serving = serveMcpStdio(app, { stdin, stdout, user });
        else serving.served.give(app);
        const isAgain = await untilRestore(app, anyOf([interrupted, serving.ended]));
        await (isAgain ? serving.served.take() : serving.close());
        return isAgain;
      };
      try {
        while (await onApp(context, command, serve));
      } finally {
        await (serving as StdioServing | null)?.close();
        globalThis.console = usual;
      }
    });
}

/** Resolves to what `work` came to, when the app is closed again. */
async function onApp(
  context: CliContext,
  command: Command,
  work: (app: App, interrupted: AbortSignal) => Promise<boolean>,
): Promise<boolean> {
  let result = false;
  await context.withApp(command, async (app, signal) => {
    result = await work(app, signal);
    return null;
  });
  return result;
}

/** True when the folder has to be left, because a backup takes the place of the data; false when `end` is aborted before. */
async function untilRestore(app: App, end: AbortSignal): Promise<boolean> {
  while (!end.aborted) {
    if (isRestoreDue(app)) return true;
    await app.clock.sleep(BEAT_MS, end).catch(() => undefined);
  }
  return false;
}
