import { listReviews } from '../api/standing/reviewing.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { reviewTable } from './review.ts'
import { perform } from './standing-client.ts'

const list = defineCommand({
  name: 'list',
  summary: 'List appeals that wait for a decision, the oldest first.',
  details: '`elpis review next` takes one, `elpis review decide` decides it.',
  examples: ['elpis appeals list', 'elpis appeals list --past'],
  options: { past: { type: 'boolean', description: 'Those that are decided as well.' } },
  async run({ options, config, json, terminal }) {
    const found = await perform(config(), listReviews, { kind: 'appeal', past: options.past === true })
    if (json) terminal.print(JSON.stringify(found))
    else if (found.reviews.length === 0) terminal.note('There are no appeals.')
    else terminal.print(reviewTable(found.reviews))
  },
})

export const appeals: CommandGroup = {
  name: 'appeals',
  summary: 'List appeals.',
  commands: [list],
  usual: 'list',
}
