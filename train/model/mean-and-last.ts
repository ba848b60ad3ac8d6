/**
 * Pools a recurrent layer's states, as a tfjs layer: their mean over the text, and the last one. The last state alone has
 * forgotten much of a long text; the mean has not.
 */
import * as tf from '@tensorflow/tfjs';

/** States [batch, steps, units] of a recurrent layer with `returnSequences` → [batch, 2 · units], the mean first. */
export class MeanAndLast extends tf.layers.Layer {
  static className = 'MeanAndLast';
  override supportsMasking = true;

  /** The output has no steps, so nothing after it needs the mask. */
  override computeMask(): tf.Tensor {
    return null as unknown as tf.Tensor; // tfjs' own layers return null too, against its types
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch = null, , units = null] = inputShape as tf.Shape;
    return [batch, units === null ? null : 2 * units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { mask }: { mask?: tf.Tensor } = {}): tf.Tensor {
    return tf.tidy(() => {
      const states = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor3D;
      const [batch, steps, units] = states.shape;
      const read = (mask ?? tf.ones([batch, steps])).toFloat().expandDims(2); // [batch, steps, 1]
      const mean = states.mul(read).sum(1).div(read.sum(1)); // [batch, units]
      // A recurrent layer repeats its state at masked steps, so the last step has the state after the last id.
      const last = states.slice([0, steps - 1, 0], [batch, 1, units]).reshape([batch, units]);
      return tf.concat([mean, last], 1);
    });
  }
}
tf.serialization.registerClass(MeanAndLast);
