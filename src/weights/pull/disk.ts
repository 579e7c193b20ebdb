import { mkdir, statfs } from 'node:fs/promises'
import { elpisError, type ElpisError } from '../../errors.ts'
import { formatBytes } from '../quantity.ts'

/** Bytes that may still be written under a folder. */
export type FreeBytes = (folder: string) => Promise<number>

/** Makes the folder and asks the file system what this user may still write there. */
export const freeBytes: FreeBytes = async (folder) => {
  await mkdir(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** The error for a disk that cannot take `needed` bytes. */
export function diskFull(folder: string, needed: number, free: number): ElpisError {
  return elpisError('disk_full', { folder, needed: formatBytes(needed), free: formatBytes(free) })
}

/** @throws `disk_full` when `needed` bytes and what must stay free do not fit. */
export async function requireRoom(
  folder: string,
  needed: number,
  { free = freeBytes, spare }: { free?: FreeBytes; spare: number },
): Promise<void> {
  if (needed <= 0) return
  const available = await free(folder)
  if (available < needed + spare) throw diskFull(folder, needed + spare, available)
}
