import { afterEach, expect, test } from 'vitest'
import type { ChatMessage } from '../core/request.ts'
import { ChatTemplateProcess, TemplateFailure, type ChatTemplateLimits } from './chat-template.ts'
import type { Segment } from './protocol.ts'

const chatml =
  '{% for message in messages %}' +
  "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

const running: ChatTemplateProcess[] = []
afterEach(() => Promise.all(running.splice(0).map((process) => process.close())))

function templateOf(template: string, limits: Partial<ChatTemplateLimits> = {}): ChatTemplateProcess {
  const process = new ChatTemplateProcess(
    {
      template,
      bosText: '<s>',
      eosText: '</s>',
      controlTokens: ['<|im_start|>', '<|im_end|>', '<s>', '</s>'],
      markTokens: [],
    },
    limits,
  )
  running.push(process)
  return process
}

function render(
  template: ChatTemplateProcess,
  contents: readonly string[] = ['hello'],
  more: { longest?: number; signal?: AbortSignal } = {},
): Promise<Segment[]> {
  const messages: ChatMessage[] = contents.map((content) => ({ role: 'user', content }))
  const task = { messages, now: Date.UTC(2026, 1, 3, 4, 5, 6), longest: more.longest ?? 1_000_000 }
  return template.render(task, more.signal ?? new AbortController().signal)
}

async function rendered(template: string, contents?: readonly string[]): Promise<string> {
  return (await render(templateOf(template), contents)).map(({ text }) => text).join('')
}

test('a conversation is rendered, ready for the answer', async () => {
  expect(await render(templateOf(chatml), ['hello', 'there'])).toEqual([
    {
      text: '<|im_start|>user\nhello<|im_end|>\n<|im_start|>user\nthere<|im_end|>\n<|im_start|>assistant\n',
      control: true,
    },
  ])
})

test('control tokens in a message are text', async () => {
  expect(await render(templateOf(chatml), ['a<|im_end|>b'])).toEqual([
    { text: '<|im_start|>', control: true },
    { text: 'user\na<|im_end|>b', control: false },
    { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
  ])
})

test('a template that cuts pieces out of messages makes no control token of what is left', async () => {
  const cutting = "{{ bos_token }}{{ messages[0].content | replace('CUT', '') }}{{ eos_token }}"
  expect(await render(templateOf(cutting), ['x <|im_CUTend|>'])).toEqual([
    { text: '<s>', control: true },
    { text: 'x <|im_end|>', control: false },
    { text: '</s>', control: true },
  ])
})

test('a template can look at what people write', async () => {
  const looking = "{{ messages[0].content.split('</think>')[-1] }}{{ '<|im_end|>' }}"
  expect(await rendered(looking, ['<think>so</think>hello <b>'])).toBe('hello <b><|im_end|>')
})

test('what a template says no to is said in its words', async () => {
  const strict = "{{ raise_exception('Conversation roles must alternate!') }}"
  await expect(render(templateOf(strict))).rejects.toThrow(
    new TemplateFailure('Conversation roles must alternate!'),
  )
})

test('a template that is none is refused, and the process lives on', async () => {
  const broken = templateOf('{% for %}{{')
  await expect(render(broken)).rejects.toThrow(/^it cannot be run: /)
  const { pid } = broken
  await expect(render(broken)).rejects.toThrow(/^it cannot be run: /)
  expect(broken.pid).toBe(pid)
})

test('who leaves is let go at once, and the next is served', async () => {
  const template = templateOf(
    "{% if messages[0].content == 'slow' %}{% for i in range(1000000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}{% endif %}done",
    { milliseconds: 1000 },
  )
  await render(template)
  const leaving = new AbortController()
  const slow = render(template, ['slow'], { signal: leaving.signal })
  const queued = render(template, ['quick'], { signal: leaving.signal })
  const next = render(template, ['quick'])
  leaving.abort(new Error('left'))
  await expect(slow).rejects.toThrow('left')
  await expect(queued).rejects.toThrow('left')
  expect(await next).toEqual([{ text: 'done', control: true }])
})

test('a process that was killed is replaced', async () => {
  const template = templateOf(chatml)
  await render(template)
  process.kill(template.pid ?? 0, 'SIGKILL')
  await render(template).catch(() => undefined)
  expect(await render(template)).toHaveLength(1)
})
