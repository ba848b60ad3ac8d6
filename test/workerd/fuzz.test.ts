/** A little of what `npm run fuzz -- --only http` does for long: the same few hundred requests every time. */
import { expect, it, onTestFinished } from 'vitest';
import { http } from '../fuzz/http.ts';
import { fuzz } from '../fuzz/target.ts';

it('answers random requests as its OpenAPI document says', async () => {
  onTestFinished(() => http.close?.());
  expect(await fuzz(http, { seed: 1, count: 300 })).toBeUndefined();
});
