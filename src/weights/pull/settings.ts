/** Bounds of a pull. Milliseconds and bytes; tests shorten them. */
export interface PullLimits {
  /** Until a connection stands, name resolution and TLS included. An unreachable source costs this much. */
  readonly connect: number
  /** Until the headers of an answer are there. */
  readonly answer: number
  /** Longest silence inside a body. */
  readonly stall: number
  /** Failures in a row, without `progress` bytes between them, until a source is given up. */
  readonly attempts: number
  readonly progress: number
  /** First pause before another attempt; doubles, up to 32 times. */
  readonly pause: number
  /** Connections for one file, and the size from which on they are used. */
  readonly parts: number
  readonly partsFrom: number
  /** Room that stays free on the disk. */
  readonly spare: number
  /** After how many bytes of a body without an announced end the room is looked at again. */
  readonly checkRoomEvery: number
}

export const defaultLimits: PullLimits = {
  connect: 3_000,
  answer: 15_000,
  stall: 30_000,
  attempts: 5,
  progress: 65_536,
  pause: 250,
  parts: 4,
  partsFrom: 64_000_000,
  spare: 64_000_000,
  checkRoomEvery: 256_000_000,
}
