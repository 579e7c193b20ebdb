/** Stopping everything, erasing and exporting what people said, and the second person that this may need. */
import { z } from 'zod'
import type { Proposal } from '../../standing/proposal.ts'
import { validReason } from '../../standing/reason.ts'
import type { Standing } from '../../standing/standing.ts'
import { defineOperation, mustBe } from './operation.ts'
import { iso, time } from './measures.ts'

const reasonField = z.string().max(2000).describe('One line, up to 500 characters.')

const proposalView = z.object({
  id: z.string(),
  act: z.string(),
  subject: z.string(),
  reason: z.string(),
  by: z.string(),
  at: time,
  until: time.describe('Nobody can confirm it from then on.'),
})

const shutdownView = z.object({
  shut_down: z.boolean(),
  shutdown: z
    .object({
      id: z.string(),
      reason: z.string(),
      by: z.string(),
      at: time,
      people_needed: z.int().describe('How many different people it takes to lift it.'),
      consents: z.array(z.object({ by: z.string(), at: time, reason: z.string() })),
    })
    .nullable(),
  proposals: z.array(proposalView).describe('What waits for a second person.'),
})

export type ShutdownView = z.output<typeof shutdownView>

function proposalViewOf({ id, kind, subject, reason, by, at, until }: Proposal) {
  return { id, act: kind, subject, reason, by, at: iso(at), until: iso(until) }
}

async function viewOf({ shutdowns, proposals }: Standing): Promise<ShutdownView> {
  const { current } = shutdowns
  const waiting = await proposals.waiting()
  return {
    shut_down: current !== null,
    shutdown:
      current === null
        ? null
        : {
            id: current.id,
            reason: current.reason,
            by: current.by,
            at: iso(current.at),
            people_needed: current.people,
            consents: current.consents.map(({ by, at, reason }) => ({ by, at: iso(at), reason })),
          },
    proposals: waiting.map(proposalViewOf),
  }
}

export const beginShutdown = defineOperation({
  name: 'shutdown.begin',
  summary: 'Stop everything on every replica; or ask for it, where that takes two people',
  method: 'POST',
  path: '/v1/admin/shutdown',
  needs: 'standing.act',
  input: z.strictObject({ reason: reasonField }),
  output: shutdownView,
  async run(standing, { reason }, by) {
    mustBe(by, ['owner', 'admin'])
    const wish = { kind: 'shutdown', subject: 'all', reason: validReason(reason) } as const
    if (standing.shutdowns.current === null) await standing.proposals.ask(wish, by.person)
    return await viewOf(standing)
  },
})

export const showShutdown = defineOperation({
  name: 'shutdown.status',
  summary: 'Say whether everything is stopped, who wants it lifted, and what waits for a second person',
  method: 'GET',
  path: '/v1/admin/shutdown',
  needs: 'standing.read',
  input: z.strictObject({}),
  output: shutdownView,
  run: (standing) => viewOf(standing),
})

export const liftShutdown = defineOperation({
  name: 'shutdown.lift',
  summary: 'Say that you want everything to begin again; it does with the last person that it takes',
  method: 'POST',
  path: '/v1/admin/shutdown/lift',
  needs: 'standing.act',
  input: z.strictObject({ reason: reasonField }),
  output: shutdownView,
  async run(standing, { reason }, by) {
    mustBe(by, ['owner', 'admin', 'reviewer'])
    await standing.shutdowns.lift(reason, by.person)
    return await viewOf(standing)
  },
})

export const confirmProposal = defineOperation({
  name: 'proposals.confirm',
  summary: 'Confirm, as the second person, what another asked for; it is done then',
  method: 'POST',
  path: '/v1/admin/proposals/confirm',
  needs: 'standing.act',
  input: z.strictObject({ proposal: z.string().min(1).max(100).describe('Its id, prop_….') }),
  output: shutdownView,
  async run(standing, { proposal }, by) {
    mustBe(by, ['owner', 'admin'])
    await standing.proposals.confirm(proposal, by.person)
    return await viewOf(standing)
  },
})

const optionalReason = reasonField.default('').describe('One line; needed where it takes two people.')
const asked = z.object({
  done: z.boolean(),
  proposal: proposalView.nullable().describe('What a second person must confirm first.'),
})

export type Asked = z.output<typeof asked>

function askedOf(proposal: Proposal | null): Asked {
  return { done: proposal === null, proposal: proposal && proposalViewOf(proposal) }
}

export const eraseContent = defineOperation({
  name: 'content.erase',
  summary:
    "Destroy a person's key, and with it what they said and left here; or ask for it, where that takes two people",
  method: 'POST',
  path: '/v1/admin/content/erase',
  needs: 'standing.act',
  input: z.strictObject({
    subject: z
      .string()
      .min(1)
      .max(400)
      .describe('key:ID, person:ID, user:ORGANISATION:USER or organisation:ID.'),
    reason: optionalReason,
  }),
  output: asked,
  async run({ proposals }, { subject, reason }, by) {
    mustBe(by, ['owner'])
    return askedOf(await proposals.ask({ kind: 'content-erase', subject, reason }, by.person))
  },
})

export const askExport = defineOperation({
  name: 'content.export',
  summary:
    'Ask whether you may export the log, or an answer with what was said; it is fetched at the machine',
  method: 'POST',
  path: '/v1/admin/content/export',
  needs: 'standing.act',
  input: z.strictObject({
    what: z.string().min(1).max(100).describe('`log`, or the entry of an answer.'),
    reason: optionalReason,
  }),
  output: asked,
  async run({ proposals }, { what, reason }, by) {
    mustBe(by, ['owner'])
    return askedOf(await proposals.ask({ kind: 'content-export', subject: what, reason }, by.person))
  },
})
