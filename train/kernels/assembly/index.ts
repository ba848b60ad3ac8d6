/** The module's exports. It has no allocator: JavaScript passes addresses. */
export { adam, adamRows } from './adam';
export { documentRound } from './documents';
export { dropout } from './dropout';
export { multiply, multiplyTransposed, packColumns } from './gemm';
export { expOf, sigmoidOf, tanhOf } from './math';
export { backward, forward, packTransposed, packWeights, project, states, vectors, weights } from './recurrent';
