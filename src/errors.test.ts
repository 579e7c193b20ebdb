import { describe, expect, test } from 'vitest'
import { asElpisError, elpisError, errorTable, Fault, UserError } from './errors.ts'

describe('the table of errors', () => {
  test.each(Object.entries(errorTable))('%s says what happened and what to do', (_code, row) => {
    expect(row.message).not.toBe('')
    expect(row.hint).not.toBe('')
    expect(row.exit).toBeGreaterThan(0)
    expect(row.exit).toBeLessThanOrEqual(6)
    // Whose fault it is and the status tell the same story.
    expect(row.blame === 'user' && row.status >= 500).toBe(false)
  })

  test('details are filled in, whatever they contain', () => {
    const error = elpisError('context_exceeded', { prompt: 9000, context: 8192 })
    expect(error.message).toBe('The prompt has 9000 tokens, but the context of this model has 8192.')
    expect(elpisError('usage', { problem: '{suggestion} $& $1', suggestion: 's' }).message).toBe(
      '{suggestion} $& $1',
    )
  })

  test('whose fault it is shows in the class', () => {
    expect(elpisError('key_missing')).toBeInstanceOf(UserError)
    expect(elpisError('overloaded', { queued: 3 })).toBeInstanceOf(Fault)
  })

  test('anything else becomes an internal fault that keeps its cause and tells nobody', () => {
    const cause = new Error('secret')
    const error = asElpisError(cause)
    expect(error).toMatchObject({ code: 'internal', status: 500, cause })
    expect(error.message + error.hint).not.toContain('secret')
    expect(asElpisError(error)).toBe(error)
  })
})
