import { momentText, When } from '../ui/when.tsx'
import type { CaseFile } from './standing.ts'

/** What happened in a case, the first thing first. */
export function CaseSteps({ steps }: Pick<CaseFile, 'steps'>) {
  return (
    <ol className="grid gap-2 text-sm">
      {steps.map(({ at, kind, by, detail }, index) => (
        // Steps are only ever added.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} className="flex flex-wrap items-baseline gap-x-3">
          <span className="text-xs text-faint">
            <When at={at} />
          </span>
          <span className="font-medium">{kind}</span>
          <span className="text-soft">by {by}</span>
          <span className="min-w-0 basis-full text-xs break-words text-faint">
            {Object.entries(detail)
              .filter(([, value]) => value !== null)
              .map(
                ([name, value]) => `${name} ${name === 'until' ? momentText(String(value)) : String(value)}`,
              )
              .join(' · ')}
          </span>
        </li>
      ))}
    </ol>
  )
}
