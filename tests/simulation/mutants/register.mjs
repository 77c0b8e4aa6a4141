// The program runs with another text in one of its files, which itself stays as it is. `SIMULATION_MUTANT` holds, as JSON, the URL of
// the one, and the text.
import { register } from 'node:module';

register('./hooks.mjs', { parentURL: import.meta.url, data: JSON.parse(process.env.SIMULATION_MUTANT ?? '') });
