import { expect, it } from 'vitest';
import { counted } from '../../shared/counted.ts';

it.each([
  [0, '0 epochs'],
  [1, '1 epoch'],
  [2, '2 epochs'],
  [22_500, '22,500 epochs'],
])('counts %d: %s', (value, text) => {
  expect(counted(value, 'epoch')).toBe(text);
});
