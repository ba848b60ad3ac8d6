import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parseManifest } from '../../../shared/bundle.ts';
import { modelCard } from '../../../train/export/model-card.ts';

it("the shipped model's card is generated from its model.json", async () => {
  const card = modelCard(parseManifest(await readFile('model/model.json', 'utf8')));
  expect(await readFile('model/README.md', 'utf8')).toBe(card);
});
