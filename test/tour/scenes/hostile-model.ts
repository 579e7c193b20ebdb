import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { elpis } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

/** Where the count of tensors stands in a GGUF file: after magic and version. */
const tensorCountOffset = 8

export const hostileModel: Scene = {
  title: 'A hostile model file is refused before native code sees it',
  async play(stage) {
    const file = await open(stage.modelPath)
    const header = (await file.read(Buffer.alloc(4_000_000), 0, 4_000_000, 0)).buffer
    await file.close()
    const hostile = {
      'cut off in the middle of its tensors': header,
      'with 2⁶³ tensors': withCount(header, 2n ** 63n),
      'that is no model at all': Buffer.from('#!/bin/sh\necho owned\n'),
    }
    for (const [what, bytes] of Object.entries(hostile)) {
      const path = join(stage.home.path, 'hostile.gguf')
      await writeFile(path, bytes)
      const { code, stderr } = await elpis(stage.home, [
        'pull',
        `file:${path}`,
        '--name',
        'hostile',
        '--accept-license',
      ])
      stage.say(
        stderr
          .trim()
          .split('\n')
          .find((line) => line.startsWith('error')) ?? stderr,
      )
      stage.prove(`a file ${what} is refused (exit code ${code})`, code === 6)
    }
    const { stdout } = await elpis(stage.home, ['models', '--json'])
    stage.prove('none of them came into the store', !stdout.includes('hostile'))
    const sound = await readFile(stage.modelPath).then((content) => content.length)
    const inspected = await elpis(stage.home, ['inspect', 'smollm2:135m', '--json'])
    stage.prove(`the sound one of ${(sound / 1e6).toFixed(1)} MB passes`, inspected.code === 0)
  },
}

function withCount(header: Buffer, count: bigint): Buffer {
  const changed = Buffer.from(header)
  changed.writeBigUInt64LE(count, tensorCountOffset)
  return changed
}
