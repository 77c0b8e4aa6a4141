import { main } from '../../cli/main.ts';

// Runs commands one after another in this process; ends with the first status that is not 0.
const commands = JSON.parse(process.argv[2] ?? '[]') as readonly (readonly string[])[];
process.stdout.write('ready\n');
for (const words of commands) {
  const status = await main(words);
  if (status !== 0) process.exit(status);
}
process.exit(0);
