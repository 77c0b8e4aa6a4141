import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld } from '../cli/run-cli.test-helper.ts';
import { InputError, StoreUnavailableError } from '../core/errors.ts';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { App } from './app.ts';
import { loadConfig } from './config.ts';
import { openApp } from './open-app.ts';
import { Presence, ROLES, type Role } from './presence.ts';
import { RoleHost, type RoleStarters } from './role-host.ts';
import { startRoles } from './start-roles.ts';
import { createTelemetry } from './telemetry.ts';

/** Roles over metadata that can be away, in virtual time. */
class World {
  readonly clock = new VirtualClock();
  readonly metadata = new MemoryMetadataStore();
  readonly telemetry = new RecordingTelemetry();
  readonly started: string[] = [];
  readonly stopping = new AbortController();
  /** what keeps a part from being started, once for each */
  readonly failures = new Map<string, Error[]>();
  readonly host = new RoleHost({
    presence: new Presence(this.metadata, this.clock),
    clock: this.clock,
    logger: this.telemetry.log,
    starters: Object.fromEntries(ROLES.map((role) => [role, () => this.start(role)])) as unknown as RoleStarters,
    isStale: async () => false,
    refresh: async () => undefined,
    whyLeft: async () => null,
  });

  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  async start(name: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const failure = this.failures.get(name)?.shift();
    if (failure !== undefined) throw failure;
    this.started.push(name);
    return { url: 'http://127.0.0.1:1', stop: async () => void this.started.push(`-${name}`) };
  }

  startRoles(roles: readonly Role[]): Promise<unknown> {
    const embedder = async (): ReturnType<App['embedder']> => {
      await this.start('embedder');
      return this.#app.embedder();
    };
    const telemetry = { ...this.#app.telemetry, log: this.telemetry.log };
    const parts = { embedder, roles: this.host, clock: this.clock, random: () => 0.5, telemetry };
    const startOperations = () => this.start('operations');
    return startRoles(parts, { roles, startOperations, signal: this.stopping.signal });
  }

  get warnings(): number {
    return this.telemetry.lines.filter(({ message }) => message.includes('cannot be reached; waiting for it')).length;
  }
}

describe('what a process runs for good', () => {
  let cli: CliWorld;
  let app: App;
  let world: World;
  beforeEach(async () => {
    cli = new CliWorld();
    app = await openApp(
      loadConfig({ dataDir: cli.dataDir }, cli.env),
      createTelemetry({ level: 'silent', secrets: [] }),
    );
    world = new World(app);
  });
  afterEach(async () => {
    await world.host.stop();
    await app.close();
    cli.remove();
  });

  it('is started though the store goes away at each step of that, and nothing of it twice', async () => {
    for (const name of ['embedder', 'operations', 'embed'])
      world.failures.set(name, [new StoreUnavailableError('cut off'), new StoreUnavailableError('cut off')]);
    const starting = world.startRoles(['producer', 'embed', 'sink']);
    await world.clock.runUntil(() => world.started.includes('embed'));
    await starting;
    expect(world.started.filter((name) => name !== 'embedder')).toEqual(['operations', 'sink', 'producer', 'embed']);
    expect(world.host.missing).toEqual([]);
    expect(world.warnings).toBe(6);
  });

  it('waits where roles cannot be looked at, until it is interrupted', async () => {
    world.metadata.unavailable = true;
    const starting = world.startRoles(['embed', 'sink']);
    const ended = starting.catch((error: unknown) => String(error));
    await world.clock.runUntil(() => world.warnings > 3);
    expect(world.started).toEqual(['embedder', 'operations']);
    world.stopping.abort(new Error('interrupted'));
    expect(await ended).toContain('interrupted');
    expect(world.started).toEqual(['embedder', 'operations', '-operations']);
    world.metadata.unavailable = false;
  });

  it('is refused at once where that is no outage', async () => {
    world.failures.set('operations', [new InputError('nothing protects it')]);
    await expect(world.startRoles(['sink'])).rejects.toThrow('nothing protects it');
    expect(world.started).toEqual(['embedder']);
  });
});
