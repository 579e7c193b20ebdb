import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { problemOf } from '../server/problem.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Nothing, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { acceptancesQuery, acceptPaper, type Paper } from './acceptances.ts'

/** Licences and terms: read here, and accepted in the version that was read. Nothing where nothing is asked for. */
export function Papers() {
  const { data, error } = useQuery(acceptancesQuery)
  if (data?.documents.length === 0) return null
  return (
    <Section
      title="Licences and terms"
      about="What this server asks you to accept before you use its models."
    >
      {data === undefined ? (
        error === null ? null : (
          <Nothing>{problemOf(error).message}</Nothing>
        )
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
          {data.documents.map((paper) => (
            <PaperRow key={paper.document} paper={paper} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function PaperRow({ paper }: { readonly paper: Paper }) {
  const queries = useQueryClient()
  const accepting = useMutation({
    mutationFn: () => acceptPaper(paper),
    onSuccess: () => queries.invalidateQueries(),
  })
  const { title, link, text, version, accepted_at } = paper
  return (
    <li className="px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium first-letter:uppercase">{title}</span>
        {accepted_at === null ? (
          <Badge look="bad">not accepted</Badge>
        ) : (
          <>
            <Badge look="good">accepted</Badge>
            <span className="text-xs text-faint">
              <When at={accepted_at} />
            </span>
          </>
        )}
      </div>
      {link === null ? null : (
        <a
          href={link}
          target="_blank"
          rel="noreferrer noopener"
          className="mt-1 inline-block break-all underline"
        >
          {link}
        </a>
      )}
      {text === null ? null : (
        <details className="mt-1">
          <summary className="cursor-pointer text-soft">Its text</summary>
          <p className="mt-2 max-h-80 overflow-y-auto rounded-lg bg-code p-3 whitespace-pre-wrap">{text}</p>
        </details>
      )}
      <p className="mt-1 font-mono text-xs break-all text-faint">{version}</p>
      {accepted_at === null ? (
        <Button
          look="primary"
          className="mt-2"
          disabled={accepting.isPending}
          onClick={() => accepting.mutate()}
        >
          I have read and accept it
        </Button>
      ) : null}
      <ProblemLine error={accepting.error} />
    </li>
  )
}
