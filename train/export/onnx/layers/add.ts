/** Add → Sum: both take any number of inputs. */
import type { LayerConverter } from '../graph.ts';

/** Each [sequence, batch, units] → the same. */
export const convertAdd: LayerConverter = ({ name }, graph, ...terms) => graph.node('Sum', name, terms);
