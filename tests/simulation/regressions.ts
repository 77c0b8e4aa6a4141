import type { HistoryPlan } from './run-history.ts';

/** The smallest histories of seeds that failed once, with what was wrong then: steps, and not only a seed, as what a seed draws changes. */
export const REGRESSIONS: Readonly<Record<string, HistoryPlan>> = {
  'a decision about an item that the store refused is redriven, and taken for a copy (26)': {
    kind: 'reddit-export',
    seed: 26,
    steps: [
      { name: 'whole', seed: 555374120 },
      { name: 'while', seed: 1346943349 },
      { name: 'unsave', seed: 924641763 },
      { name: 'an append is written twice', seed: 1813063764 },
      { name: 'the store refuses one document', seed: 49091719 },
      { name: 'whole', seed: 1422919435 },
      { name: 'while', seed: 320942565 },
    ],
  },
  'a decision that was left out stays in the log beside the one that acted (100198)': {
    kind: 'reddit-export',
    seed: 100198,
    steps: [
      { name: 'whole', seed: 176850019 },
      { name: 'handIn', seed: 347040425 },
      { name: 'moment', seed: 124554739 },
      { name: 'while', seed: 1081092290 },
      { name: 'the store refuses one document', seed: 1698579949 },
      { name: 'unsave', seed: 1583079101 },
      { name: 'whole', seed: 352812864 },
      { name: 'rebuild', seed: 1599362089 },
    ],
  },
  'a decision that was redriven twice stays in the log beside the one that acted (436194499)': {
    kind: 'github',
    seed: 436194499,
    steps: [
      { name: 'whole', seed: 488368966 },
      { name: 'whole', seed: 2057054823 },
      { name: 'the embedder is slow', seed: 1021599049 },
      { name: 'while', seed: 1096499734 },
      { name: 'clear', seed: 2136796852 },
      { name: 'whole', seed: 1203713286 },
      { name: 'the store refuses one document', seed: 106561872 },
      { name: 'held', seed: 473503322 },
      { name: 'redrive', seed: 178216463 },
    ],
  },
};
