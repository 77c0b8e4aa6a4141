import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { newInstance } from './instance.ts';
import { Presence, ROLES, type Role } from './presence.ts';
import { RoleHost, type RoleStarters } from './role-host.ts';

/** A process of the same machine that is surely alive, and one of another machine. */
const OTHER = 'elsewhere:1:1';

const INSTANCE = newInstance();

class World {
  readonly clock = new VirtualClock();
  readonly metadata = new MemoryMetadataStore();
  readonly presence = new Presence(this.metadata, this.clock, INSTANCE);
  readonly telemetry = new RecordingTelemetry();
  readonly events: string[] = [];
  stale = false;
  left: string | null = null;
  failing: Role | null = null;
  readonly host = new RoleHost({
    presence: this.presence,
    clock: this.clock,
    logger: this.telemetry.log,
    starters: Object.fromEntries(ROLES.map((role) => [role, () => this.#start(role)])) as unknown as RoleStarters,
    isStale: async () => this.stale,
    refresh: async () => {
      this.events.push('refreshed');
      this.stale = false;
    },
    whyLeft: async () => this.left,
  });

  async #start(role: Role): Promise<{ stop(): Promise<void> }> {
    if (this.failing === role) throw new Error(`${role} cannot start`);
    this.events.push(`+${role}`);
    return { stop: async () => void this.events.push(`-${role}`) };
  }

  /** Another process says that it runs these roles. */
  async elsewhere(roles: readonly Role[]): Promise<void> {
    const key = `process:${OTHER}`;
    const stored = await this.metadata.get(key);
    await this.metadata.compareAndSet(key, stored?.version ?? null, {
      instance: OTHER,
      roles,
      beatAt: this.clock.now(),
    });
  }

  async pauseElsewhere(roles: readonly Role[]): Promise<void> {
    await this.metadata.compareAndSet('pause', null, { by: OTHER, roles, beatAt: this.clock.now() });
  }
}

describe('roles of a process', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });

  it('start from the end of the stream, and stop from its beginning', async () => {
    await world.host.start(['producer', 'embed', 'sink']);
    expect(world.events).toEqual(['+sink', '+embed', '+producer']);
    expect((await world.metadata.list('process:')).map(({ value }) => value)).toMatchObject([
      { instance: INSTANCE, roles: ['producer', 'embed', 'sink'] },
    ]);
    await world.host.stop();
    expect(world.events.slice(3)).toEqual(['-producer', '-embed', '-sink']);
    expect(await world.metadata.list('process:')).toEqual([]);
  });

  it('are left to another process that has them, and taken over when it falls silent', async () => {
    await world.elsewhere(['embed', 'sink']);
    await world.host.ensure(['producer', 'embed', 'sink']);
    expect(world.events).toEqual(['+producer']);
    await world.clock.advance(10_000);
    await world.host.reconcile();
    expect([...world.events].sort()).toEqual(['+embed', '+producer', '+sink']);
    await world.host.stop();
  });

  it('stand still while another process rebuilds, and go on after, or when that one died', async () => {
    await world.host.start(['embed', 'sink']);
    await world.pauseElsewhere(['sink']);
    await world.host.reconcile();
    expect(world.events.slice(2)).toEqual(['-sink']);
    expect(world.host.missing).toEqual([]);
    expect(await world.presence.pause([])).toBe(false);
    await world.clock.advance(10_000);
    await world.host.reconcile();
    expect(world.events.slice(3)).toEqual(['+sink']);
    expect(await world.presence.pause([])).toBe(true);
    await world.host.stop();
  });

  it('are not started again by who looks at them while the process ends', async () => {
    await world.host.start(['producer', 'sink']);
    await world.host.stop();
    await world.host.reconcile();
    await world.host.ensure(['embed']);
    expect(world.events.slice(2)).toEqual(['-producer', '-sink']);
    expect(await world.metadata.list('process:')).toEqual([]);
  });

  it('end, and are never started again, once the log is another one', async () => {
    await world.host.start(['producer', 'sink']);
    expect(world.host.left.aborted).toBe(false);
    world.left = 'it is elsewhere now';
    world.stale = true;
    await world.host.reconcile();
    expect(world.events.slice(2)).toEqual(['-producer', '-sink']);
    expect(() => world.host.left.throwIfAborted()).toThrow('elsewhere');
    await world.host.ensure(['embed']);
    expect(world.events).toHaveLength(4);
    await world.host.stop();
  });

  it('that keep positions or a model in memory begin anew on another generation', async () => {
    await world.host.start(['embed', 'sink']);
    world.stale = true;
    await world.host.reconcile();
    expect(world.events.slice(2)).toEqual(['-embed', '-sink', 'refreshed', '+sink', '+embed']);
    await world.host.stop();
  });

  it('that cannot be started fail the start, and keep none of the others', async () => {
    world.failing = 'embed';
    await expect(world.host.start(['producer', 'embed', 'sink'])).rejects.toThrow('embed cannot start');
    expect([...world.events].sort()).toEqual(['+producer', '+sink']);
    expect(world.host.missing).toEqual(['embed']);
    world.failing = null;
    await world.host.reconcile();
    expect(world.host.missing).toEqual([]);
    await world.host.stop();
  });
});
