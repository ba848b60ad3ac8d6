/** Maps the labels of texts to those of a model. */
import { quoted } from '../../shared/quoted.ts';
import type { Dataset, Review } from '../data/dataset.ts';
import { mapLabels } from '../data/labels.ts';
import { counted } from '../format.ts';

/**
 * The dataset with the model's labels instead of its own, mapped by name or else by meaning (`mapLabels`). Texts whose label
 * the model lacks, such as neutral ones, are left out.
 * @param labels the model's.
 * @param say receives a line about names that differ, and about texts left out.
 * @throws UserError when the meaning of a label is unclear.
 */
export function withLabelsOf(dataset: Dataset, labels: readonly string[], say: (line: string) => void): Dataset {
  const places = mapLabels(dataset.labels, labels);
  const renamed = dataset.labels.flatMap((label, index) => {
    const name = labels[places[index] as number];
    return name === undefined || name === label ? [] : [`${quoted(label)} as ${quoted(name)}`];
  });
  if (renamed.length > 0) say(`the texts' labels are read as the model's: ${renamed.join(', ')}`);
  const choice = [...new Set(places)].filter((place) => place !== undefined);
  const mapped = (reviews: readonly Review[]) =>
    reviews.flatMap((review) => {
      const label = places[review.label];
      const from = review.choice?.map((place) => places[place] as number) ?? choice;
      return label === undefined ? [] : [{ ...review, label, choice: from }];
    });
  const [train, test] = [mapped(dataset.train), mapped(dataset.test)];
  const lost = dataset.train.length + dataset.test.length - train.length - test.length;
  const lacking = dataset.labels.filter((_, index) => places[index] === undefined).map(quoted);
  if (lost > 0) say(`${counted(lost, 'text')} left out: the model has no label ${lacking.join(', ')}`);
  return { ...dataset, labels, train, test };
}

/** The labels that at least one review could have had. */
export function offeredLabels(reviews: readonly Review[], labels: readonly string[]): readonly string[] {
  const offered = new Set(reviews.flatMap(({ choice = [...labels.keys()] }) => choice));
  return labels.filter((_, place) => offered.has(place));
}

interface OnlyLabelsOptions {
  /** Whether somebody asked for just these labels: then a review counts too whose own was chosen from fewer. */
  readonly forced: boolean;
  /** Is told in a line how many reviews are left out. */
  readonly say: (line: string) => void;
}

/**
 * The reviews with one of the labels `asked`; their labels are then places in `asked`.
 * @param labels the reviews' present labels.
 */
export function onlyLabels(
  reviews: readonly Review[],
  labels: readonly string[],
  asked: readonly string[],
  { forced, say }: OnlyLabelsOptions,
): readonly Review[] {
  const wanted = asked.map((label) => labels.indexOf(label));
  const offered = reviews.filter(({ choice }) => forced || !choice || wanted.every((place) => choice.includes(place)));
  const kept = offered.flatMap(({ choice: _, ...review }) => {
    const label = wanted.indexOf(review.label);
    return label < 0 ? [] : [{ ...review, label }];
  });
  const narrow = reviews.length - offered.length;
  if (narrow > 0) say(`${counted(narrow, 'text')} left out: their label was chosen from fewer labels`);
  const lost = offered.length - kept.length;
  if (lost > 0) say(`${counted(lost, 'text')} left out: their label is not in --labels`);
  return kept;
}
