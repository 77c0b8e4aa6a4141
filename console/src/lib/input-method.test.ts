import { expect, test } from '@jest/globals';
import { isOfInputMethod } from './input-method.ts';

test.each([
  ['typed by itself', { isComposing: false, keyCode: 13 }, false],
  ['that takes what is offered', { isComposing: true, keyCode: 13 }, true],
  ['that does so in Safari', { isComposing: false, keyCode: 229 }, true],
])('an Enter %s', (_, key, isOfOne) => {
  expect(isOfInputMethod(key)).toBe(isOfOne);
});
