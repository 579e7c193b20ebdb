import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Answers } from '../../audit/answers.ts'
import type { EntryId } from '../../core/ids.ts'
import { parseBody } from '../parse.ts'

const body = z.strictObject({ id: z.string().max(100) })

/** Answers for whoever runs the server. */
export function answerControlRoutes(answers: Pick<Answers, 'forOperator'>) {
  return (app: FastifyInstance): void => {
    app.route({
      method: 'POST',
      url: '/answers/export',
      handler: async (request) => await answers.forOperator(parseBody(body, request.body).id as EntryId),
    })
  }
}
