import { elpisError } from '../../errors.ts'
import { defineRoute, type Route } from '../route.ts'
import { ollamaError, ollamaErrors } from './errors.ts'

const paths = [
  ['POST', '/api/pull'],
  ['POST', '/api/push'],
  ['POST', '/api/create'],
  ['POST', '/api/copy'],
  ['DELETE', '/api/delete'],
] as const

/** Which weights there are is decided by whoever runs this server, never over the network. */
export function operatorsOnly(): Route[] {
  return paths.map(([method, path]) =>
    defineRoute({
      method,
      path,
      summary: 'Refused: models are fetched and removed by whoever runs this server',
      needs: 'models',
      errors: ollamaErrors,
      answers: {
        401: { description: 'No valid key.', schema: ollamaError },
        404: { description: 'Always.', schema: ollamaError },
      },
      async handle() {
        throw elpisError('weights_not_here', { path })
      },
    }),
  )
}
