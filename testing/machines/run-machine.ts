import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

// The command line as on a machine of its own: nobody elsewhere can tell by a process id whether it is alive.
const [hostName = '', ...words] = process.argv.slice(2);
os.hostname = () => hostName;
syncBuiltinESMExports();
// Nobody is left to stop it when who started it is gone.
process.stdin.resume().once('close', () => process.exit(1));
const { main } = await import('../../cli/main.ts');
process.exit(await main(words));
