/**
 * The product, scene by scene, on a fresh home: `npm run tour`. Each scene proves what it shows; the exit code says whether
 * all held.
 */
import { styleText } from 'node:util'
import { freshHome } from '../support/elpis.ts'
import { realModelPath } from '../support/real-model.ts'
import type { Scene, Stage } from './scene.ts'
import { answerReplayed } from './scenes/answer-replayed.ts'
import { backedUp } from './scenes/backed-up.ts'
import { barred } from './scenes/barred.ts'
import { engineKilled } from './scenes/engine-killed.ts'
import { guardRefuses } from './scenes/guard-refuses.ts'
import { hostileModel } from './scenes/hostile-model.ts'
import { incidentReported } from './scenes/incident-reported.ts'
import { keyRevoked } from './scenes/key-revoked.ts'
import { pullResumed } from './scenes/pull-resumed.ts'
import { receiptVerified } from './scenes/receipt-verified.ts'
import { shutDown } from './scenes/shut-down.ts'
import { signedIn } from './scenes/signed-in.ts'
import { threeDoors } from './scenes/three-doors.ts'
import { twoPeople } from './scenes/two-people.ts'
import { usageAddsUp } from './scenes/usage-adds-up.ts'

const scenes: readonly Scene[] = [
  pullResumed,
  hostileModel,
  twoPeople,
  threeDoors,
  guardRefuses,
  keyRevoked,
  signedIn,
  barred,
  usageAddsUp,
  receiptVerified,
  answerReplayed,
  incidentReported,
  backedUp,
  shutDown,
  engineKilled,
]

const started = performance.now()
await using home = freshHome()
let broken = 0
const stage: Stage = {
  home,
  modelPath: await realModelPath(),
  server: null,
  say: (line) => console.log(styleText('dim', `    ${line}`)),
  prove(claim, holds) {
    if (!holds) broken++
    console.log(holds ? `  ${styleText('green', '✓')} ${claim}` : `  ${styleText('red', '✗')} ${claim}`)
  },
}

try {
  for (const [index, scene] of scenes.entries()) {
    console.log(`\n${styleText('bold', `${index + 1}  ${scene.title}`)}`)
    await scene.play(stage)
  }
} finally {
  await stage.server?.stop()
}

const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(
  broken === 0
    ? `\nEverything held, in ${seconds} seconds.`
    : `\n${broken} ${broken === 1 ? 'claim' : 'claims'} did not hold.`,
)
process.exitCode = broken === 0 ? 0 : 1
