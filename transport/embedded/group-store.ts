import type { GroupLag, TopicName } from '../../core/ports/event-log.ts';
import { assign, type Member } from './assignment.ts';
import type { LogDatabase } from './log-database.ts';
import { hasEnded, type ProcessIdentity } from './process-identity.ts';

/** A partition that a member owns. The generation grows with every owner, so that a former one is known by it. */
export interface Ownership {
  readonly topic: TopicName;
  readonly partition: number;
  readonly generation: number;
  readonly committed: number;
}

export interface Standing {
  /** what the member owns now and may go on with */
  readonly keep: readonly Ownership[];
  /** what it owns and should give up, so that another member can take it */
  readonly giveUp: readonly Ownership[];
  /** whether the group changed, so that its other members should look too */
  readonly changed: boolean;
  /** of the group, as this member saw it */
  readonly epoch: number;
}

interface MemberRow extends ProcessIdentity {
  readonly id: string;
  readonly topics: string;
  readonly heartbeat: number;
}

interface ClaimRow extends Ownership {
  readonly owner: string | null;
}

interface GroupStoreDeps {
  readonly db: LogDatabase;
  readonly partitionCount: number;
  readonly sessionTimeoutMs: number;
  readonly now: () => number;
}

/**
 * Consumer groups in the tables groups, members and claims. There is no coordinator: each member, in one transaction, beats,
 * removes the dead, computes the assignment that everyone computes, and claims what is free and meant for it. Losing any
 * of these writes to a power cut only makes records come again, so they are not synced one by one.
 */
export class GroupStore {
  readonly #deps: GroupStoreDeps;
  readonly #db: LogDatabase;
  /** Members in this process: whatever kept them silent kept this one silent too, so they are not taken for dead by it. */
  readonly #own = new Set<string>();

  constructor(deps: GroupStoreDeps) {
    this.#deps = deps;
    this.#db = deps.db;
  }

  async join(group: string, member: Member, identity: ProcessIdentity): Promise<void> {
    await this.#db.write('process', () => {
      this.#db
        .prepare<[string, string, string, string, number, string, number]>(
          'INSERT INTO members (id, group_name, topics, host, pid, started, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          member.id,
          group,
          JSON.stringify(member.topics),
          identity.host,
          identity.pid,
          identity.started,
          this.#deps.now(),
        );
      const insertClaim = this.#db.prepare<[string, string, number]>(
        'INSERT OR IGNORE INTO claims (group_name, topic, partition) VALUES (?, ?, ?)',
      );
      for (const topic of member.topics) {
        for (let partition = 0; partition < this.#deps.partitionCount; partition += 1)
          insertClaim.run(group, topic, partition);
      }
      this.#touch(group);
    });
    this.#own.add(member.id);
  }

  /** Beats for the member and brings its claims up to date. Null when it was removed from the group: it has lost everything. */
  async step(group: string, memberId: string): Promise<Standing | null> {
    return await this.#db.write('process', () => {
      const nowMs = this.#deps.now();
      const beat = this.#db
        .prepare<[number, string]>('UPDATE members SET heartbeat = ? WHERE id = ?')
        .run(nowMs, memberId);
      if (beat.changes === 0) return null;
      const removed = this.#removeDead(group, nowMs);
      const { keep, giveUp, claimed } = this.#claim(group, memberId);
      const changed = removed || claimed;
      if (changed) this.#touch(group);
      return { keep, giveUp, changed, epoch: this.epoch(group) };
    });
  }

  /** Only beats: for a member that is about to leave. */
  async beat(memberId: string): Promise<void> {
    await this.#db.write('process', () => {
      this.#db
        .prepare<[number, string]>('UPDATE members SET heartbeat = ? WHERE id = ?')
        .run(this.#deps.now(), memberId);
    });
  }

  /** Gives one partition back, unless somebody else has it already. */
  async release(group: string, memberId: string, topic: TopicName, partition: number): Promise<void> {
    await this.#db.write('process', () => {
      const sql = 'UPDATE claims SET owner = NULL WHERE group_name = ? AND topic = ? AND partition = ? AND owner = ?';
      this.#db.prepare<[string, string, number, string]>(sql).run(group, topic, partition, memberId);
      this.#touch(group);
    });
  }

  async leave(group: string, memberId: string): Promise<void> {
    this.#own.delete(memberId);
    await this.#db.write('process', () => {
      this.#remove(group, memberId);
      this.#touch(group);
    });
  }

  /** Stores the offset if the member still owns the partition in this generation; says whether it does. */
  async commit(
    group: string,
    memberId: string,
    { topic, partition, generation }: Ownership,
    nextOffset: number,
  ): Promise<boolean> {
    const sql = `UPDATE claims SET committed = ?
      WHERE group_name = ? AND topic = ? AND partition = ? AND owner = ? AND generation = ?`;
    return await this.#db.write('process', () => {
      const update = this.#db.prepare<[number, string, string, number, string, number]>(sql);
      return update.run(nextOffset, group, topic, partition, memberId, generation).changes === 1;
    });
  }

  /** Grows with every change of the group's members or claims. */
  epoch(group: string): number {
    const sql = 'SELECT epoch FROM groups WHERE name = ?';
    return this.#db.read(() => this.#db.prepare<[string], { epoch: number }>(sql).get(group)?.epoch ?? 0);
  }

  /** Every partition that a group has ever subscribed to, without its end. */
  commits(): readonly Omit<GroupLag, 'end'>[] {
    const sql =
      'SELECT group_name AS "group", topic, partition, committed FROM claims ORDER BY group_name, topic, partition';
    return this.#db.read(() => this.#db.prepare<[], Omit<GroupLag, 'end'>>(sql).all());
  }

  #touch(group: string): void {
    const sql = 'INSERT INTO groups (name, epoch) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1';
    this.#db.prepare<[string]>(sql).run(group);
  }

  #remove(group: string, memberId: string): void {
    this.#db.prepare<[string]>('DELETE FROM members WHERE id = ?').run(memberId);
    const sql = 'UPDATE claims SET owner = NULL WHERE group_name = ? AND owner = ?';
    this.#db.prepare<[string, string]>(sql).run(group, memberId);
  }

  #members(group: string): readonly MemberRow[] {
    const sql = 'SELECT id, topics, host, pid, started, heartbeat FROM members WHERE group_name = ?';
    return this.#db.prepare<[string], MemberRow>(sql).all(group);
  }

  #removeDead(group: string, nowMs: number): boolean {
    const { sessionTimeoutMs } = this.#deps;
    // A heartbeat that is far ahead is of a clock that was put right since: whoever lives beats anew, or joins again.
    const isDead = ({ heartbeat }: MemberRow): boolean => Math.abs(nowMs - heartbeat) > sessionTimeoutMs;
    const dead = this.#members(group).filter((row) => !this.#own.has(row.id) && (isDead(row) || hasEnded(row)));
    for (const { id } of dead) this.#remove(group, id);
    return dead.length > 0;
  }

  #claim(group: string, memberId: string): { keep: Ownership[]; giveUp: Ownership[]; claimed: boolean } {
    const members = this.#members(group).map(({ id, topics }) => ({ id, topics: JSON.parse(topics) as TopicName[] }));
    const select = `SELECT topic, partition, owner, generation, committed FROM claims
      WHERE group_name = ? ORDER BY topic, partition`;
    const claims = this.#db.prepare<[string], ClaimRow>(select).all(group);
    const update = this.#db.prepare<[string, string, string, number]>(
      `UPDATE claims SET owner = ?, generation = generation + 1 WHERE group_name = ? AND topic = ? AND partition = ?`,
    );
    const targets = assign(members, claims);
    const [keep, giveUp]: [Ownership[], Ownership[]] = [[], []];
    let claimed = false;
    for (const [index, { owner, ...claim }] of claims.entries()) {
      const isTarget = targets[index] === memberId;
      if (owner === memberId) (isTarget ? keep : giveUp).push(claim);
      if (owner !== null || !isTarget) continue;
      update.run(memberId, group, claim.topic, claim.partition);
      keep.push({ ...claim, generation: claim.generation + 1 });
      claimed = true;
    }
    return { keep, giveUp, claimed };
  }
}
