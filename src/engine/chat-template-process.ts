/**
 * Entry of the process that makes the prompts of one model. A chat template is a program by a stranger: it may loop, grow
 * without end or try to get out. A thread would not do, for one that runs out of memory in a single large allocation
 * takes its whole process along. So it has a process of its own, which is locked (lockdown.ts), small, and ended when
 * it takes too long; covering and uncovering (text-shield.ts) happen here as well, off the server's loop.
 */
import type { TemplateOutcome } from './chat-template.ts'
import type { TemplateConversation } from './dialect/template-conversation.ts'
import { JinjaTemplate, TemplateRefusal } from './jinja-template.ts'
import { restrictToModel } from './lockdown.ts'
import type { Segment } from './protocol.ts'
import { shieldedRendering, type Shields } from './shielded-rendering.ts'
import { TextShield } from './text-shield.ts'

/** The first message that the process is sent. */
export interface TemplateModel {
  readonly template: string
  readonly bosText: string
  readonly eosText: string
  readonly controlTokens: readonly string[]
  /** Others that the template gives a meaning. */
  readonly markTokens: readonly string[]
}

/** Every later message. */
export interface TemplateTask extends Partial<Omit<TemplateConversation, 'messages'>> {
  readonly messages: TemplateConversation['messages']
  readonly now: number
  /** Longest text that may come out, in UTF-16 units. */
  readonly longest: number
}

// All that it needs of the disk is loaded.
restrictToModel([])
process.on('disconnect', () => process.exit(0))
process.once('message', (model: TemplateModel) => {
  const controls = new TextShield(model.controlTokens)
  const shields = { controls, all: new TextShield([...model.controlTokens, ...model.markTokens]) }
  let compiled: JinjaTemplate | null = null
  process.on('message', (task: TemplateTask) => {
    send(
      outcomeOf(() => {
        compiled ??= new JinjaTemplate(model.template)
        return rendering(compiled, shields, model, task)
      }),
    )
  })
  send({ type: 'ready' })
})
send({ type: 'ready' })

function send(outcome: TemplateOutcome): void {
  process.send?.(outcome)
}

function rendering(
  template: JinjaTemplate,
  shields: Shields,
  { bosText, eosText }: TemplateModel,
  { messages, tools = null, switches = {}, now, longest }: TemplateTask,
): Segment[] {
  return shieldedRendering({ messages, tools }, shields, (covered) => {
    const text = template.render({ ...covered, switches, bosText, eosText, now })
    if (text.length > longest) throw new Error('it makes too long a text')
    return text
  })
}

function outcomeOf(render: () => Segment[]): TemplateOutcome {
  try {
    return { type: 'rendered', segments: render() }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { type: error instanceof TemplateRefusal ? 'refused' : 'broken', reason: reason.slice(0, 500) }
  }
}
