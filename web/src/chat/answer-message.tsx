import { RotateCcw } from 'lucide-react'
import { memo } from 'react'
import type { Answer } from '../conversations/conversation.ts'
import { Markdown } from '../markdown/markdown.tsx'
import { splitThoughts } from '../markdown/thoughts.ts'
import { visibleText } from '../markdown/visible-text.ts'
import { go } from '../route.ts'
import { IconButton } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { AnswerFigures } from './answer-figures.tsx'
import { ProblemNotice, type ProblemAction } from './problem-notice.tsx'
import { Thoughts } from './thoughts.tsx'
import { VersionSwitch, type Versions } from './version-switch.tsx'

export interface AnswerViewProps extends Versions {
  readonly answer: Answer
  readonly onAskAgain: (answer: Answer) => void
  readonly onSignIn: () => void
  readonly onNewChat: () => void
  readonly onSwitch: (message: string) => void
}

/** An answer: its thoughts, its text, how it ended, and what can be done with it. */
export const AnswerView = memo(function AnswerView(props: AnswerViewProps) {
  const { answer, onAskAgain } = props
  const { thoughts, thinking, answer: text } = splitThoughts(answer.text)
  const growing = answer.state === 'streaming'
  return (
    <article data-role="assistant" data-state={answer.state} aria-busy={growing}>
      <h2 className="sr-only">Answer of {answer.model}</h2>
      {thoughts === null ? null : <Thoughts text={thoughts} thinking={thinking && growing} />}
      {text === '' ? null : <Markdown text={text} growing={growing} />}
      {growing ? <Growing begun={text !== '' || thoughts !== null} /> : null}
      <Ending answer={answer} />
      {answer.problem === null ? null : (
        <div className="mt-3">
          <ProblemNotice problem={answer.problem} actions={waysOut(props)} />
        </div>
      )}
      {growing ? null : (
        <div className="mt-1.5 -ml-2 flex flex-wrap items-center text-faint">
          <VersionSwitch {...props} of="answer" />
          {text === '' ? null : <CopyButton label="Copy answer" text={() => visibleText(text)} />}
          <IconButton small icon={RotateCcw} label="Answer again" onClick={() => onAskAgain(answer)} />
          <AnswerFigures answer={answer} />
        </div>
      )}
    </article>
  )
})

function Growing({ begun }: { readonly begun: boolean }) {
  return (
    <p className={begun ? 'pt-3 pb-1' : 'py-2'}>
      {begun ? null : <span className="sr-only">Waiting for the first word</span>}
      <span aria-hidden className="block size-2.5 rounded-full bg-spark motion-safe:animate-breathe" />
    </p>
  )
}

/** Endings that the reader should know of, in the server's words. */
const endings: Readonly<Record<string, string>> = {
  length: 'The answer reached its token limit: the one set for this chat, or the end of the context.',
  content_filter: 'The guard of this server ended the answer here.',
}

function Ending({ answer }: { readonly answer: Answer }) {
  const text = answer.state === 'stopped' ? 'Stopped.' : endings[answer.finish ?? '']
  if (text === undefined || answer.state === 'streaming') return null
  return <p className="mt-3 text-sm text-soft italic">{text}</p>
}

/** What to offer after a failure; everything that is not named here is worth another try. */
function waysOut({ answer, onAskAgain, onSignIn, onNewChat }: AnswerViewProps): ProblemAction[] {
  const again = { label: 'Try again', run: () => onAskAgain(answer) }
  if (answer.problem?.status === 401) return [{ label: 'Sign in', run: onSignIn }, again]
  if (answer.problem?.code === 'acceptance_required')
    return [{ label: 'Licences and terms', run: () => go('/account') }, again]
  if (answer.problem?.code === 'context_exceeded') return [{ label: 'New chat', run: onNewChat }, again]
  return [again]
}
