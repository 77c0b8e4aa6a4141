import { afterEach, beforeEach, expect } from '@jest/globals';
import { describeWithChromium } from '../../testing/stack/real-parts.ts';
import { ConsoleWorld, DESKTOP, PHONE } from './console-world.test-support.ts';

/** Of a journey, ms: machines are slow where many tests run. */
export const LIMIT_MS = 240_000;

/** What journeys are made with. */
export const SIZES = [
  ['a desktop', DESKTOP],
  ['a phone', PHONE],
] as const;

/** A suite of journeys, each in a world of its own; after each, no page may have complained or asked another host. */
export function describeConsole(name: string, body: (world: () => ConsoleWorld) => void): void {
  describeWithChromium(name, () => {
    let world: ConsoleWorld;
    beforeEach(() => {
      world = new ConsoleWorld();
    });
    afterEach(async () => {
      const { complaints, strangers } = world;
      await world.end();
      expect({ complaints, strangers: [...strangers] }).toEqual({ complaints: [], strangers: [] });
    }, LIMIT_MS);
    body(() => world);
  });
}
