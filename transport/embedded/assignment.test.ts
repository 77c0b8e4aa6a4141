import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TopicName } from '../../core/ports/event-log.ts';
import { assign, type Claim, type Member } from './assignment.ts';

const topics: readonly TopicName[] = ['ingest', 'commands'];

const group = fc
  .record({
    members: fc.array(fc.subarray([...topics], { minLength: 1 }), { maxLength: 6 }),
    partitions: fc.integer({ min: 1, max: 6 }),
    owners: fc.array(fc.option(fc.integer({ min: 0, max: 7 })), { minLength: 12, maxLength: 12 }),
  })
  .map(({ members, partitions, owners }) => ({
    members: members.map((subscribed, i): Member => ({ id: `m${i}`, topics: subscribed })),
    claims: topics.flatMap((topic, t) =>
      Array.from({ length: partitions }, (_, partition): Claim => {
        const owner = owners[t * 6 + partition];
        return { topic, partition, owner: owner === null || owner === undefined ? null : `m${owner}` };
      }),
    ),
  }));

const loadOf = (owners: readonly (string | null)[], id: string): number =>
  owners.filter((owner) => owner === id).length;

describe('assign', () => {
  it('gives every partition to a subscriber, evenly, the same whatever the order of members', () => {
    fc.assert(
      fc.property(group, ({ members, claims }) => {
        const owners = assign(members, claims);
        expect(assign(members.toReversed(), claims)).toEqual(owners);
        for (const [i, { topic }] of claims.entries()) {
          const able = members.filter((member) => member.topics.includes(topic));
          const owner = owners[i] ?? null;
          if (able.length === 0) expect(owner).toBeNull();
          else expect(able.map(({ id }) => id)).toContain(owner);
          for (const { id } of able) expect(loadOf(owners, owner ?? '') - loadOf(owners, id)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('is settled once it was followed, and stays so however few of its moves were made', () => {
    fc.assert(
      fc.property(group, ({ members, claims }) => {
        const owners = assign(members, claims);
        expect(
          assign(
            members,
            claims.map((claim, i) => ({ ...claim, owner: owners[i] ?? null })),
          ),
        ).toEqual(owners);
      }),
    );
  });

  it('moves no more than a new member needs', () => {
    const claims = Array.from({ length: 4 }, (_, partition): Claim => ({ topic: 'ingest', partition, owner: 'a' }));
    const owners = assign(
      [
        { id: 'a', topics: ['ingest'] },
        { id: 'b', topics: ['ingest'] },
      ],
      claims,
    );
    expect(owners.filter((owner) => owner === 'b')).toHaveLength(2);
  });
});
