import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { HostileFileServer, honest } from '../../support/hostile-file-server.ts'
import { elpis, startElpis } from '../../support/elpis.ts'
import { realModelSha256 } from '../../support/real-model.ts'
import type { Scene } from '../scene.ts'

const path = '/model.gguf'

export const pullResumed: Scene = {
  title: 'A pull that is cut and killed goes on where it stopped',
  async play(stage) {
    const content = await readFile(stage.modelPath)
    const server = await HostileFileServer.start()
    try {
      const words = ['pull', server.origin + path, '--name', 'smollm2:135m', '--sha256', realModelSha256]
      // Every answer breaks off after 4 MB; after a dozen of them the process that asks is killed.
      const enough = Promise.withResolvers<void>()
      const cutting = honest(content, { cutAfter: 4_000_000 })
      server.on(path, (exchange) => {
        if (exchange.count === 12) enough.resolve()
        // As slow as a real one: what arrived is noted down once a second.
        setTimeout(() => cutting(exchange), 500)
      })
      const first = startElpis(stage.home, [...words, '--accept-license'])
      await enough.promise
      first.kill('SIGKILL')
      await once(first, 'close')
      const before = server.requests(path).length
      stage.say(`the server cut ${before} answers; then kill -9 of the pull`)

      server.on(path, honest(content))
      const second = await elpis(stage.home, [...words, '--accept-license'])
      const asked = server
        .requests(path)
        .slice(before)
        .map((request) => lengthOf(request.range, content.length))
      const again = asked.reduce((sum, length) => sum + length, 0)
      stage.say(`pulled again: ${megabytes(again)} of ${megabytes(content.length)} were still to come`)
      stage.prove(
        'what had arrived before the kill was not asked for again',
        again < content.length - 8_000_000,
      )
      stage.prove(`the file has the digest ${realModelSha256.slice(0, 12)}…`, second.code === 0)

      const wrong = ['pull', server.origin + path, '--name', 'other', '--sha256', '0'.repeat(64)]
      const refused = await elpis(stage.home, [...wrong, '--accept-license'])
      stage.prove(`a file with another digest is refused (exit code ${refused.code})`, refused.code === 6)
    } finally {
      await server.stop()
    }
  },
}

/** Bytes that a `Range` header asks for, of a file so long. */
function lengthOf(range: string | null, length: number): number {
  const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/u.exec(range ?? 'bytes=0-') ?? []
  return (end === '' ? length : Number(end) + 1) - Number(start)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
