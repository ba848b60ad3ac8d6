import { expect, it } from 'vitest';
import { finetuneConfigFor, finetuneConfigOf } from '../../train/config.ts';

it('a training from a bundle has epochs for many texts only, and only with texts held out', () => {
  const config = finetuneConfigOf({}, {});
  expect(finetuneConfigFor(config, { reviews: 270, validationReviews: 30 })).toEqual(config);
  expect(finetuneConfigFor(config, { reviews: 9_000, validationReviews: 0 })).toEqual(config);
  const many = finetuneConfigFor(config, { reviews: 9_000, validationReviews: 1_000 });
  expect(config.epochs).toBe(0);
  expect(many.epochs).toBeGreaterThan(0);
  expect(many.calibrate).toBe(true);
});
