import type { ServerResponse } from 'node:http'
import { eventStreamType } from './framing.ts'

/** A reader that takes nothing for this long is gone for all practical purposes. */
const stalledMilliseconds = 60_000

/** Events over one response. Waits when the reader is slow, so that nothing gathers here. */
export interface EventStream {
  /** False when the reader is gone: write no more. */
  write(frames: string): Promise<boolean>
  end(): void
}

/** Sends the headers at once and keeps the response until `end`. */
export function openEventStream(
  response: ServerResponse,
  headers: Record<string, number | string | string[] | undefined>,
  patience = stalledMilliseconds,
  contentType = eventStreamType,
): EventStream {
  const write = async (frames: string): Promise<boolean> => {
    if (response.destroyed || response.writableEnded) return false
    return response.write(frames) || (await drained(response, patience))
  }
  response.writeHead(200, {
    ...headers,
    'content-type': contentType,
    'cache-control': 'no-store, no-transform',
    // Reverse proxies such as nginx would gather the events otherwise.
    'x-accel-buffering': 'no',
  } as Record<string, string>)
  return {
    write,
    end: () => void response.end(),
  }
}

/** Resolves with true when there is room again; ends the connection when there is none for too long. */
function drained(response: ServerResponse, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (room: boolean) => () => {
      clearTimeout(timer)
      response.off('drain', onDrain).off('close', onClose)
      if (!room) response.destroy()
      resolve(room)
    }
    const onDrain = settle(true)
    const onClose = settle(false)
    const timer = setTimeout(onClose, patience)
    response.once('drain', onDrain).once('close', onClose)
  })
}
