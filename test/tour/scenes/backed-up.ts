import { join } from 'node:path'
import { createKey, elpis, freshHome } from '../../support/elpis.ts'
import type { Scene } from '../scene.ts'

export const backedUp: Scene = {
  title: 'All is backed up while it serves, and restored on another machine',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { id } = await createKey(stage.home, 'Heidi')
    const file = join(stage.home.path, 'elpis.backup')
    const made = await elpis(stage.home, ['backup', file, '--json'])
    stage.prove('written while the server goes on', made.code === 0 && stage.server.process.exitCode === null)
    await using other = freshHome()
    const restored = await elpis(other, ['restore', file, '--json'])
    const { keys } = JSON.parse((await elpis(other, ['keys', 'list', '--json'])).stdout) as {
      keys: { id: string }[]
    }
    stage.say(`${keys.length} keys, the last one ${id}`)
    stage.prove('the other home has every key', restored.code === 0 && keys.some((key) => key.id === id))
  },
}
