/** Chat templates that try to take the server along: each costs a bounded time, and the next rendering works. */
import { afterEach, expect, test } from 'vitest'
import { ChatTemplateProcess, TemplateFailure } from '../src/engine/chat-template.ts'

const running: ChatTemplateProcess[] = []
afterEach(() => Promise.all(running.splice(0).map((process) => process.close())))

function render(template: ChatTemplateProcess, content: string) {
  const task = { messages: [{ role: 'user' as const, content }], now: 0, longest: 1_000_000 }
  return template.render(task, new AbortController().signal)
}

const doubling = (start: string, times: number, then: string) =>
  `{% set ns = namespace(s=${start}) %}{% for i in range(${times}) %}{% set ns.s = ns.s + ns.s %}{% endfor %}${then}`

test.each([
  ['an endless loop', '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}'],
  ['a range without end', '{% for i in range(1000000000) %}{% endfor %}'],
  ['a text that doubles', doubling('"aaaaaaaaaa"', 40, '{{ ns.s | upper }}')],
  [
    'a text that doubles and is then copied',
    doubling('"aaaaaaaaaa"', 25, '{{ ns.s | upper }}{{ ns.s | replace("a", "bbbbbbbbbbbb") }}'),
  ],
  ['a list that doubles', doubling('[1, 2, 3, 4, 5, 6, 7]', 40, '{{ ns.s | length }}')],
  ['a text cut into too many pieces', doubling('"aaaaaaaaaa"', 23, '{{ ns.s.split("a") | length }}')],
  [
    'nesting that doubles',
    '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s | tojson }}',
  ],
  ['a macro that calls itself', '{% macro f(x) %}{{ x(x) }}{% endmacro %}{{ f(f) }}'],
  ['an indent without end', '{{ "a\n" | indent(2000000000) }}'],
  ['too long an output', doubling('"aaaaaaaaaa"', 18, '{{ ns.s }}')],
])('%s', async (_, template) => {
  const model = {
    template: `{% if messages[0].content == 'attack' %}${template}{% else %}fine{% endif %}`,
    bosText: '',
    eosText: '',
    controlTokens: [],
    markTokens: [],
  }
  const hostile = new ChatTemplateProcess(model, { milliseconds: 1000, heapMegabytes: 96 })
  running.push(hostile)
  await expect(render(hostile, 'attack')).rejects.toThrow(TemplateFailure)
  // Whatever became of the process, the next rendering has one.
  expect(await render(hostile, 'kind')).toEqual([{ text: 'fine', control: true }])
})
