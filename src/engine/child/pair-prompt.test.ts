import { describe, expect, test } from 'vitest'
import { PairPrompt, type PairVocabulary } from './pair-prompt.ts'
import { Tokenizer } from './tokenizer.ts'

const control = { token: 900, text: '<|yes|>', stripLeft: false, stripRight: false }

/** Characters are tokens. */
function vocabularyWith(changes: Partial<PairVocabulary>) {
  return {
    beginning: 101,
    end: -1,
    separator: 102,
    addsBeginning: true,
    addsEnd: false,
    addsSeparator: true,
    controlTokens: [control],
    markTokens: [],
    tokenize: (text: string) => Int32Array.from(text, (character) => character.codePointAt(0)!),
    ...changes,
  }
}

function tokensOf(changes: Partial<PairVocabulary>, template: string | null = null, document = 'd') {
  const vocabulary = vocabularyWith(changes)
  return [...new PairPrompt(vocabulary, new Tokenizer(vocabulary), template).tokens('q', document)]
}

const [q, d] = [113, 100]

describe('a query and a document', () => {
  test('stand as BERT was trained', () => {
    expect(tokensOf({})).toEqual([101, q, 102, d, 102])
  })

  test('stand as XLM-RoBERTa was trained', () => {
    expect(tokensOf({ beginning: 0, end: 2, separator: 2, addsEnd: true })).toEqual([0, q, 2, 2, d, 2])
  })

  test('stand as the model’s own template has it', () => {
    expect(tokensOf({}, '<|yes|>Q{query}D{document}')).toEqual([900, 81, q, 68, d])
  })

  test('hold no control tokens of their own, and no places of the template', () => {
    const text = (characters: string) => Array.from(characters, (character) => character.codePointAt(0))
    expect(tokensOf({}, '{query}{document}', '<|yes|>{query}')).toEqual([q, ...text('<|yes|>{query}')])
  })
})
