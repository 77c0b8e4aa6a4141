// `node --import <this file> program.ts` runs TypeScript from its sources, for tests that need several processes.
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
