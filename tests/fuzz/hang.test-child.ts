import { watch } from './watch.ts';

// An input that never ends: the thread that watches has to end the process, and keep the input in the folder that is named.
const [folder = ''] = process.argv.slice(2);
const HANG_MS = 300;

watch(folder, HANG_MS).before(Buffer.from('without end'));
for (;;);
