/** Checks that an ONNX file has the structure that the edge relies on (docs/architecture.md). */

import { decodeModel, ElementType, type ValueInfo } from '../../../onnx/proto.ts';
import { ExportError } from './graph.ts';
import { BATCH_AXIS, INPUT_IDS, IR_VERSION, LENGTHS, LOGITS, OPSET, SEQUENCE_AXIS } from './opset.ts';

const RECURRENT_OPERATORS = ['LSTM', 'GRU', 'RNN'];
/** All operators that the converters write. None is control flow. */
const OPERATORS = [
  ...RECURRENT_OPERATORS,
  ...['Add', 'Cast', 'Concat', 'CumSum', 'DequantizeLinear', 'Div', 'Expand', 'Gather', 'MatMul', 'Mul', 'Relu'],
  ...['Shape', 'Sigmoid', 'Slice', 'Sqrt', 'Squeeze', 'Sum', 'Tanh', 'Transpose', 'Unsqueeze'],
];
/** Bytes of each type that a weight can have. */
const WIDTHS: Readonly<Record<number, number>> = {
  [ElementType.float32]: 4,
  [ElementType.int8]: 1,
  [ElementType.int32]: 4,
  [ElementType.int64]: 8,
};

/**
 * Checks the opset and IR version; inputs and output with their types and named dynamic axes; that the recurrent nodes are
 * `operators` and read the lengths; that all other operators are known; that each value is made once, before it is used; and
 * that each weight is used, has a known type and as many bytes as its shape needs.
 * @param labels the number of labels.
 * @param operators the expected recurrent nodes, in order.
 * @throws ExportError listing every problem.
 */
export function checkModel(bytes: Uint8Array, labels = 2, operators: readonly string[] = ['LSTM']): void {
  const { ir_version, opset_import, graph } = decodeModel(bytes);
  const problems: string[] = [];
  const expect = (fits: boolean, problem: string) => {
    if (!fits) problems.push(problem);
  };

  expect(ir_version === IR_VERSION, `IR version ${ir_version}, not ${IR_VERSION}`);
  const opsets = opset_import.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`).join(', ');
  expect(opsets === `ai.onnx ${OPSET}`, `opset ${opsets}, not ai.onnx ${OPSET}`);

  const { int32, float32 } = ElementType;
  const inputs = graph.input.map(signature).join('; ');
  const expectedInputs = [
    `${INPUT_IDS} ${int32} [${BATCH_AXIS}, ${SEQUENCE_AXIS}]`,
    `${LENGTHS} ${int32} [${BATCH_AXIS}]`,
  ].join('; ');
  expect(inputs === expectedInputs, `inputs ${inputs}, not ${expectedInputs}`);
  const outputs = graph.output.map(signature).join('; ');
  const expectedOutputs = `${LOGITS} ${float32} [${BATCH_AXIS}, ${SEQUENCE_AXIS}, ${labels}]`;
  expect(outputs === expectedOutputs, `outputs ${outputs}, not ${expectedOutputs}`);

  const recurrent = graph.node.filter((node) => RECURRENT_OPERATORS.includes(node.op_type));
  const found = recurrent.map(({ op_type }) => op_type).join(', ');
  expect(found === operators.join(', '), `recurrent nodes ${found || 'none'}, not ${operators.join(', ')}`);
  for (const node of recurrent) expect(node.input[4] === LENGTHS, `${node.name} does not read ${LENGTHS}`);
  for (const { name, op_type } of graph.node) expect(OPERATORS.includes(op_type), `${name} is a ${op_type}`);

  const weights = graph.initializer.map(({ name }) => name);
  const known = new Set([...graph.input.map(({ name }) => name), ...weights]);
  expect(known.size === graph.input.length + weights.length, 'two inputs or weights have the same name');
  for (const { name, input, output } of graph.node) {
    for (const value of input) expect(value === '' || known.has(value), `${name} reads ${value} before it is made`);
    for (const value of output) {
      expect(!known.has(value), `${value} is made twice`);
      known.add(value);
    }
  }
  expect(known.has(LOGITS), `nothing makes ${LOGITS}`);
  const used = new Set(graph.node.flatMap(({ input }) => input));
  for (const weight of weights) expect(used.has(weight), `weight ${weight} is not used`);
  for (const { name, dims, data_type, raw_data } of graph.initializer) {
    const width = WIDTHS[data_type];
    expect(width !== undefined, `weight ${name} is of type ${data_type}`);
    if (width === undefined) continue;
    const expected = dims.reduce((product, dim) => product * dim, width);
    expect(raw_data.length === expected, `weight ${name} has ${raw_data.length} bytes instead of ${expected}`);
  }
  if (problems.length > 0) throw new ExportError(`the ONNX file does not fit its contract: ${problems.join('; ')}`);
}

function signature({ name, type }: ValueInfo): string {
  const { elem_type, shape } = type.tensor_type;
  const axes = shape.dim.map((dim) => ('dim_param' in dim ? dim.dim_param : dim.dim_value));
  return `${name} ${elem_type} [${axes.join(', ')}]`;
}
