/** The bundle that a training starts from. */
import { UserError } from '../../cli/errors.ts';
import { weightsOf } from '../../onnx/weights.ts';
import { type Manifest, openBundle } from '../../shared/bundle.ts';
import { counted } from '../../shared/counted.ts';
import type { Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import { readBundle } from '../export/bundle.ts';
import type { Weight } from '../export/onnx/graph.ts';
import { importWeights } from '../export/onnx/import.ts';

export interface Source {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly vocabulary: Vocabulary;
  /** By the name of the variable, such as `lstm/kernel`. */
  readonly weights: ReadonlyMap<string, Weight<Float32Array>>;
}

/**
 * @throws BundleError when the folder has no bundle. @throws UserError when it has one whose network is not an LSTM of ours.
 */
export async function openSource(folder: string): Promise<Source> {
  const { manifest, vocabulary, model } = await openBundle(await readBundle(folder));
  const refuse = (why: string): never => {
    throw new UserError(
      `${folder}: training cannot start from this bundle (${why}); use --from-scratch, or another --from`,
    );
  };
  let weights: ReturnType<typeof weightsOf>;
  try {
    weights = weightsOf(model, manifest);
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (weights === undefined) return refuse(`its network is of the kind ${manifest.architecture.cell}, not lstm`);
  const { units, embeddingUnits, ngramBuckets, pooling } = manifest.architecture;
  const { features, columns, pairs } = weights;
  const sizes = [weights.units, features, (pairs?.values.length ?? 0) / columns];
  if (String(sizes) !== String([units, embeddingUnits, ngramBuckets])) refuse('its model.json tells other sizes');
  return { folder, manifest, vocabulary, weights: importWeights(weights, pooling) };
}

/** Says in one line what a run takes over from the bundle. */
export function describeSource(
  { folder, manifest, vocabulary }: Source,
  run: { readonly vocabulary: Vocabulary; readonly config: Pick<Config, 'epochs'> },
): string {
  const own = new Set(vocabulary.words);
  const fresh = run.vocabulary.words.filter((word) => !own.has(word)).length;
  const fate = run.config.epochs > 0 ? 'learn on' : 'stay';
  return (
    `starting from ${folder} (${manifest.id} ${manifest.version}): its embeddings and its ${manifest.architecture.cell} ${fate}, ` +
    `${counted(fresh, 'word')} of the texts ${fresh === 1 ? 'takes the place' : 'take the places'} of rare ones, and the last layer is fitted anew`
  );
}

/** The values of one variable. */
export function valuesOf({ weights }: Source, name: string): Float32Array {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`the bundle has no ${name}`);
  return weight.values;
}
