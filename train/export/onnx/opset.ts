/** The ONNX version that we write, and the names of the graph's inputs, output and axes. */

/** Opset 17 came with ONNX 1.12 (2022); every current runtime reads it. */
export const OPSET = 17;
/** The version of the file format (intermediate representation) that belongs to the opset. */
export const IR_VERSION = 8;

/** int32 [batch, sequence]: token ids, each row followed by padding that is never read. */
export const INPUT_IDS = 'input_ids';
/** int32 [batch]: how many ids of each row to read, at least 1. */
export const LENGTHS = 'lengths';
/** float32 [batch, sequence, labels]: at t, the logits of the text that ends there. Meaningless from a row's length on. */
export const LOGITS = 'logits';
/** As the manifest names them. */
export const NAMES = { inputs: { ids: INPUT_IDS, lengths: LENGTHS }, output: LOGITS } as const;

/** The ids as the layers read them: int32 [sequence, batch]. */
export const IDS_BY_STEP = 'ids_by_step';

/** The names of the dynamic axes. */
export const BATCH_AXIS = 'batch';
export const SEQUENCE_AXIS = 'sequence';
