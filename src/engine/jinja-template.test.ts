import { describe, expect, test } from 'vitest'
import { JinjaTemplate } from './jinja-template.ts'

function rendered(template: string): string {
  return new JinjaTemplate(template).render({
    messages: [{ role: 'user', content: 'hello' }],
    bosText: '<s>',
    eosText: '</s>',
    now: Date.UTC(2026, 1, 3, 4, 5, 6),
  })
}

describe('templates find what they expect', () => {
  test.each([
    ['{{ bos_token }}|{{ eos_token }}', '<s>|</s>'],
    ["{{ strftime_now('%d %b %Y, %A %H:%M:%S %j %%') }}", '03 Feb 2026, Tuesday 04:05:06 034 %'],
    ["{{ strftime_now('%-d %B %y %I %p') }}", '3 February 26 04 AM'],
    ['{% if tools is not none %}tools{% else %}no tools{% endif %}', 'no tools'],
    ['{% if tools %}tools{% else %}no tools{% endif %}', 'no tools'],
    ['{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 1, -2) %}{{ i }}{% endfor %}', '01253'],
    ['{{ messages | tojson }}', '[{"role": "user", "content": "hello"}]'],
    [
      '{% if date_string is not defined %}{% set date_string = "26 Jul 2024" %}{% endif %}{{ date_string }}',
      '26 Jul 2024',
    ],
    ['{% set ns = namespace(found=false) %}{% set ns.found = true %}{{ ns.found }}', 'true'],
  ])('%s', (template, expected) => {
    expect(rendered(template)).toBe(expected)
  })
})

describe('hostile templates', () => {
  test.each([`{{ ${'('.repeat(200_000)} }}`, '{% for %}{{', '{% if true %}', "{{ 'a' }"])(
    'are refused: %.20s',
    (template) => {
      expect(() => rendered(template)).toThrow(/./)
    },
  )

  test.each([
    '{{ messages.constructor }}',
    '{{ messages.__proto__ }}',
    "{{ range.constructor('return process')() }}",
    "{{ strftime_now.constructor('return process')() }}",
    "{{ ''.constructor.constructor('return process')() }}",
    '{{ process }}',
    '{{ globalThis }}',
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    '{{ self.__init__.__globals__ }}',
  ])('find no way out through %s', (template) => {
    const outcome = attempt(() => rendered(template))
    expect(outcome).not.toMatch(/native code|\[object|version|uid=/)
  })
})

function attempt(render: () => string): string {
  try {
    return render()
  } catch (error) {
    return (error as Error).message
  }
}
