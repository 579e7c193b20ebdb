/** Has the ladder act, appeals decided and everything stopped, as fast as it can. Run to be killed; prints a line a round. */
import { openStorage } from '../../src/storage/storage.ts'
import { keyPrincipal } from './principals.ts'
import { standingOn } from './standing.ts'
import { startedAudit } from './started-audit.ts'

const [home = '', url = ''] = process.argv.slice(2)
const storage = await openStorage({ home, storage: { url } })
const { acts } = await startedAudit(storage, home)
const { standing, signal } = await standingOn({}, { storage, acts })

async function round(name: string): Promise<void> {
  const somebody = keyPrincipal(`key_${name}`, 'Mallory')
  await signal(somebody, { hazard: 'S4' })
  const [open] = await standing.casesOf(somebody)
  if (open !== undefined) await standing.appeal(open.id, somebody, 'It was not me.')
  const review = await standing.claimReview(`person_${name}`)
  if (review !== null) {
    const outcome = review.kind === 'appeal' ? 'reversed' : 'dismissed'
    await standing.decideReview(review.id, outcome, `person_${name}`, 'It was not.')
  }
  await standing.shutdowns.begin('a leak', `person_${name}`)
  await standing.shutdowns.lift('mended', `person_${name}`)
}

for (let count = 0; ; count++) {
  const names = Array.from({ length: 4 }, (_, each) => `${process.pid}x${count}x${each}`)
  await Promise.allSettled(names.map(round))
  process.stdout.write(`${count}\n`)
}
