/** From what a model computes to how often it is right (Platt, 1999): fitted on rows that training did not see. */

/** Slope and offset of a logit. */
export type Calibration = readonly [slope: number, offset: number]

/** 0 to 1. */
export function calibrated(logit: number, [slope, offset]: Calibration = [1, 0]): number {
  return 1 / (1 + Math.exp(-(slope * logit + offset)))
}
