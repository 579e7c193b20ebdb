import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { go } from '../route.ts'
import { Button } from '../ui/button.tsx'
import { Field, LongField } from '../ui/field.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { EvidenceField, RegimeChoice } from './incident-fields.tsx'
import { entriesIn, openIncident, regimeWords } from './incidents.ts'

/** Opens an incident, whose clocks run from now. */
export function IncidentForm() {
  const queries = useQueryClient()
  const [title, setTitle] = useState('')
  const [regimes, setRegimes] = useState<readonly string[]>([])
  const [evidence, setEvidence] = useState('')
  const [note, setNote] = useState('')
  const opening = useMutation({
    mutationFn: openIncident,
    async onSuccess({ id }) {
      await queries.invalidateQueries({ queryKey: ['incidents'] })
      go(`/console/incidents/${id}`)
    },
  })
  return (
    <form
      className={`${card} grid gap-4`}
      onSubmit={(event) => {
        event.preventDefault()
        const more = note.trim() === '' ? {} : { note }
        opening.mutate({ title, regimes, evidence: entriesIn(evidence), ...more })
      }}
    >
      <Field
        label="What happened"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        maxLength={500}
      />
      <fieldset>
        <legend className="text-sm font-medium">Clocks to start</legend>
        <div className="mt-1 grid gap-x-6 sm:grid-cols-2">
          {Object.entries(regimeWords).map(([name, words]) => (
            <RegimeChoice key={name} regime={name} chosen={regimes} onChange={setRegimes}>
              {words}
            </RegimeChoice>
          ))}
        </div>
      </fieldset>
      <EvidenceField value={evidence} onChange={setEvidence} />
      <LongField
        label="Note"
        value={note}
        onChange={(event) => setNote(event.target.value)}
        maxLength={10_000}
      />
      <div>
        <Button type="submit" look="primary" disabled={title.trim() === '' || opening.isPending}>
          Open it
        </Button>
        <ProblemLine error={opening.error} />
      </div>
    </form>
  )
}
