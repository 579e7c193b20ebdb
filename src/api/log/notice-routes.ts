/** What people are told of readings of what they said, also while they are kept out. */
import { z } from 'zod'
import type { Contents } from '../../audit/contents.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'

const time = z.number().describe('Epoch milliseconds.')

const notice = z.object({
  id: z.string(),
  entry: z.string().describe('What was read: the entry of the request, as `elpis-receipt` named it.'),
  at: time,
  by: z.string().describe("Who read it: a person's or key's id, or `owner`."),
  reason: z.string(),
  seen: time.nullable().describe('When you said that you have seen this; null while you have not.'),
})

const noticeList = z.object({
  data: z.array(notice),
  unseen: z.int().describe('How many you have not seen.'),
})

interface NoticeDoor {
  readonly contents: Pick<Contents, 'notices' | 'unseen' | 'see'>
  readonly whose: Whose
}

/** Each reads and marks their own notices only; another's is 404, as one that there is not. */
export function noticeRoutes({ contents, whose }: NoticeDoor): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/notices',
      summary: 'Who read what you asked and were answered, and why; also for those who are kept out',
      needs: 'self',
      evenBarred: true,
      answers: { 200: { description: 'The newest first.', schema: noticeList } },
      async handle({ exchange }): Promise<z.output<typeof noticeList>> {
        const { subject } = await whose(exchange.credentials)
        const all = await contents.notices(subject)
        return {
          data: all.map(({ subject: _subject, ...shown }) => shown),
          unseen: await contents.unseen(subject),
        }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/notices/seen',
      summary: 'Say that you have seen a notice, and all before it; also for those who are kept out',
      needs: 'self',
      evenBarred: true,
      body: z.strictObject({ id: z.string().min(1).max(100).describe('Of the newest that you have seen.') }),
      answers: {
        200: { description: 'Noted.', schema: z.object({ unseen: z.int() }) },
        404: { description: 'That notice is not yours.', schema: errorBody },
      },
      async handle({ exchange, body }) {
        const { subject } = await whose(exchange.credentials)
        await contents.see(subject, body.id)
        return { unseen: await contents.unseen(subject) }
      },
    }),
  ]
}
