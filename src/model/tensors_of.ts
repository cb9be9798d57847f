import type { Plan } from './plan';
import { cutOf, matrixIn, type Weight } from './weights';

/**
 * What ranks have of a weight, put together as the checkpoint's tensors: where several have the same part, their sum.
 * `ofRank`: of each rank its part, [rows, cols] as `shapeOnRank` has it.
 */
export function tensorsFrom(
  weight: Weight,
  plan: Plan,
  ofRank: readonly Float32Array[],
): Map<string, Float64Array<ArrayBuffer>> {
  const tensors = new Map<string, Float64Array<ArrayBuffer>>();
  for (const { tensor, shape } of weight.pieces)
    tensors.set(tensor, tensors.get(tensor) ?? new Float64Array(shape.reduce((a, b) => a * b, 1)));
  for (const [rank, part] of ofRank.entries()) {
    let at = 0;
    for (const [i, piece] of weight.pieces.entries()) {
      const cut = cutOf(weight, i, plan, rank);
      if (!cut) continue;
      const values = tensors.get(piece.tensor)!;
      const { rows, cols } = matrixIn(piece);
      // The matrix of one expert of a stack lies transposed there.
      const base = piece.expert === null ? 0 : piece.expert * rows * cols;
      for (let row = 0; row < cut.rows; row++)
        for (let col = 0; col < cut.cols; col++) {
          const place = [cut.row + row, cut.col + col] as const;
          values[base + (piece.expert === null ? place[0] * cols + place[1] : place[1] * rows + place[0])]! +=
            part[at++]!;
        }
    }
  }
  return tensors;
}
