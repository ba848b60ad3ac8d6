/** The one place that says which ONNX we write, and what the graph's ends are called. */

/** Opset 17 came with ONNX 1.12 (2022): every runtime of today reads it. */
export const OPSET = 17;
/** The intermediate representation that goes with it. */
export const IR_VERSION = 8;

/** int32 [batch, sequence]: token ids, each row followed by padding that is never read. */
export const INPUT_IDS = 'input_ids';
/** int32 [batch]: how many ids of each row to read, at least 1. */
export const LENGTHS = 'lengths';
/** float32 [batch, sequence, labels]: at t, the logits of the text that ends there. Meaningless from a row's length on. */
export const LOGITS = 'logits';

/** The ids as the layers read them: int32 [sequence, batch]. */
export const IDS_BY_STEP = 'ids_by_step';

/** The names of the dynamic axes. */
export const BATCH_AXIS = 'batch';
export const SEQUENCE_AXIS = 'sequence';
