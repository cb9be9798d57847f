/** Relative error of a float32 kernel against float64 on inputs of this suite's sizes. */
export const KERNEL_TOLERANCE = 1e-5;
