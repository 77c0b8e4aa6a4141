// `npm start`: sets up what is missing, then runs every role in this process until SIGTERM or SIGINT.
import { launch } from './launch.mjs';

await launch(['start', ...process.argv.slice(2)]);
