import { Console } from 'node:console';
import type { Command } from 'commander';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';

export function registerMcp(program: Command, context: CliContext): void {
  withGlobals(program.command('mcp'))
    .description('serves your assistant (Model Context Protocol) over stdin and stdout, until stdin ends')
    .action(async (_options: object, command: Command) => {
      // Here, since no other command speaks the protocol.
      const { serveMcpStdio } = await import('../../mcp/serve-stdio.ts');
      const { stdin, stdout, stderr } = context.io;
      await context.withApp(command, async (app, signal) => {
        const usual = globalThis.console;
        // What a package prints would break the protocol.
        globalThis.console = new Console(stderr, stderr);
        try {
          await serveMcpStdio(app, { stdin, stdout, user: context.user(globalsOf(command)), signal });
        } finally {
          globalThis.console = usual;
        }
        return null;
      });
    });
}
