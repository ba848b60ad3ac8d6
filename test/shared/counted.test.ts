import { expect, it } from 'vitest';
import { counted } from '../../shared/counted.ts';

it.each([
  [0, '0 epochs'],
  [1, '1 epoch'],
  [2, '2 epochs'],
  [22_500, '22,500 epochs'],
])('%d is counted as it is spoken: %s', (value, text) => {
  expect(counted(value, 'epoch')).toBe(text);
});
