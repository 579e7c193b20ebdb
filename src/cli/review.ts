import {
  claimReview,
  decideReview,
  listReviews,
  skipReview,
  type ReviewView,
} from '../api/standing/reviewing.ts'
import { elpisError } from '../errors.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { shownTime } from '../core/shown-time.ts'
import { needed, perform, withName } from './standing-client.ts'
import { table } from './table.ts'

const reason = { type: 'string', value: 'TEXT', description: 'Why, in one line. Needed.' } as const
const whoActs = 'With a key in ELPIS_KEY a running server takes its owner for the one who decides.'

const list = defineCommand({
  name: 'list',
  summary: 'List what waits for a person: appeals, and steps that only a person may take.',
  examples: ['elpis review list', 'elpis review list --past --json'],
  options: { past: { type: 'boolean', description: 'Those that are decided as well.' } },
  async run({ options, config, json, terminal }) {
    const found = await perform(config(), listReviews, { past: options.past === true })
    if (json) terminal.print(JSON.stringify(found))
    else if (found.reviews.length === 0) terminal.note('Nothing waits.')
    else terminal.print(reviewTable(found.reviews))
  },
})

const next = defineCommand({
  name: 'next',
  summary: 'Take the next review. Nobody else gets it for 15 minutes.',
  details: whoActs,
  examples: ['elpis review next', 'ELPIS_KEY=elpis-… elpis review next --json'],
  async run({ config, json, terminal }) {
    const found = await perform(config(), claimReview, {})
    terminal.print(json ? JSON.stringify(found) : nextOf(found))
  },
})

const skip = defineCommand({
  name: 'skip',
  summary: 'Leave a review to others, and take the next one.',
  usage: 'REVIEW',
  examples: ['elpis review skip rev_5f3a0c1e9b7d --reason "I know them"'],
  options: { reason },
  positionals: [1, 1],
  async run({ options, positionals: [id = ''], config, json, terminal }) {
    const why = needed(options.reason, '--reason', 'Say why you leave it.')
    const found = await perform(config(), skipReview, { review: id, reason: why })
    terminal.print(json ? JSON.stringify(found) : nextOf(found))
  },
})

const outcomes = ['upheld', 'reversed', 'taken', 'dismissed'] as const

const decide = defineCommand({
  name: 'decide',
  summary: 'Decide a review that you took: an appeal is upheld or reversed, a step taken or dismissed.',
  usage: 'REVIEW OUTCOME',
  details: `\`upheld\` leaves what was decided, \`reversed\` undoes all of it. ${whoActs}`,
  examples: ['elpis review decide rev_5f3a0c1e9b7d reversed --reason "the guard was wrong"'],
  options: { reason },
  positionals: [2, 2],
  async run({ options, positionals: [id = '', word = ''], config, json, terminal }) {
    const why = needed(options.reason, '--reason', 'Say why: whoever it concerns reads it.')
    const outcome = outcomes.find((each) => each === word)
    if (outcome === undefined) {
      throw elpisError('usage', {
        problem: `"${word}" is no outcome.`,
        suggestion: 'Say upheld or reversed for an appeal, taken or dismissed for a step.',
      })
    }
    const decided = await perform(config(), decideReview, { review: id, outcome, reason: why })
    terminal.print(json ? JSON.stringify(decided) : `${decided.id}: ${outcome}.`)
  },
})

export const review: CommandGroup = {
  name: 'review',
  summary: 'Take, decide and skip what waits for a person.',
  commands: [list, next, skip, decide],
  usual: 'list',
}

/** Reviews as a table for the terminal. */
export function reviewTable(reviews: readonly ReviewView[]): string {
  const rows = reviews.map(
    ({ id, kind, target, name, case: caseId, claimed_by: claimedBy, decided, created_at }) => [
      id,
      kind,
      target,
      name ?? '',
      caseId ?? '',
      decided?.outcome ?? (claimedBy === null ? 'waits' : `with ${claimedBy}`),
      shownTime(created_at),
    ],
  )
  return table([['REVIEW', 'KIND', 'TARGET', 'NAME', 'CASE', 'STATE', 'SINCE'], ...rows])
}

/** One may not be for you: then it is said that others wait all the same. */
function nextOf({
  review,
  waiting,
}: {
  readonly review: ReviewView | null
  readonly waiting: number
}): string {
  if (review !== null) return described(review)
  if (waiting === 0) return 'Nothing waits.'
  return [
    `Nothing waits for you, but ${waiting === 1 ? 'one review' : `${waiting} reviews`} for others: what somebody holds, what you`,
    'skipped, what is about yourself, and appeals against what you decided. `elpis review list` shows all.',
  ].join('\n')
}

function described(review: ReviewView): string {
  const { id, kind, case: caseId, proposed, statement, actions } = review
  const lines = [`${id}  ${kind}  ${withName(review)}  ${caseId ?? 'no case'}`]
  if (proposed !== null) lines.push(`Proposed: ${proposed}`)
  if (statement !== null) lines.push('They say:', ...statement.split('\n').map((line) => `  ${line}`))
  if (caseId !== null) lines.push(`\`elpis cases show ${caseId}\` shows what it rests on.`)
  lines.push(`You can say: ${actions.join(', ')}`)
  return lines.join('\n')
}
