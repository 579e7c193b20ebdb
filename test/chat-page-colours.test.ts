/** The colours of both themes, held to WCAG 2.2 AA (1.4.3: 4.5 to 1 for text; 1.4.11: 3 to 1 for what one operates). */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync(new URL('../web/src/style.css', import.meta.url), 'utf8')

const themes = [
  ['light', 0],
  ['dark', 1],
] as const

function colour(name: string, theme: 0 | 1): string {
  const pair = css.match(new RegExp(`--color-${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`, 'u'))
  const value = pair?.[theme + 1]
  if (value === undefined) throw new Error(`style.css has no colour ${name}`)
  return value
}

/** WCAG's relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((first, second) => first - second)
  return (light + 0.05) / (dark + 0.05)
}

const grounds = ['canvas', 'side', 'raised', 'bubble', 'hover']
const code = ['comment', 'keyword', 'string', 'constant', 'function', 'parameter'].map(
  (kind) => `code-${kind}`,
)
const pairs: [text: string, ground: string][] = [
  ...grounds.flatMap((ground) => ['ink', 'soft', 'accent'].map((text): [string, string] => [text, ground])),
  ...['canvas', 'side', 'raised', 'hover', 'code'].map((ground): [string, string] => ['faint', ground]),
  ...['ink', 'soft', ...code].map((text): [string, string] => [text, 'code']),
  ['on-fill', 'fill'],
  ['accent', 'tint'],
  ['danger', 'danger-tint'],
  ['soft', 'danger-tint'],
  ['faint', 'danger-tint'],
  ['danger', 'raised'],
  ['danger', 'canvas'],
]

describe.each(themes)('in the %s theme', (_, theme) => {
  test.each(pairs)('%s can be read on %s', (text, ground) => {
    expect(contrast(colour(text, theme), colour(ground, theme))).toBeGreaterThanOrEqual(4.5)
  })

  test.each(['canvas', 'raised', 'side'])('the edge of a field stands out on %s', (ground) => {
    expect(contrast(colour('edge', theme), colour(ground, theme))).toBeGreaterThanOrEqual(3)
  })
})
