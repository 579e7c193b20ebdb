const newline = 0x0a

export interface Line {
  /** Counted from 0. */
  readonly number: number
  /** Without its end; null when it is longer than allowed. */
  readonly bytes: Buffer | null
}

/**
 * The lines of a file, empty ones left out. Never holds more than one line and one chunk: a line that is too long is
 * passed over to its end.
 */
export async function* linesOf(source: AsyncIterable<Buffer>, mostBytes: number): AsyncGenerator<Line> {
  let held: Buffer[] = []
  let size = 0
  let number = 0
  const take = (): Line | null => {
    const bytes = size > mostBytes ? null : Buffer.concat(held)
    held = []
    size = 0
    const line = { number: number++, bytes }
    return bytes !== null && isBlank(bytes) ? null : line
  }
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      hold(chunk.subarray(start, end))
      const line = take()
      if (line !== null) yield line
      start = end + 1
    }
    hold(chunk.subarray(start))
  }
  if (size > 0) {
    const line = take()
    if (line !== null) yield line
  }

  function hold(piece: Buffer): void {
    size += piece.length
    if (size > mostBytes) held = []
    else if (piece.length > 0) held.push(piece)
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}
