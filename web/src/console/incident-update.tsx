import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { LongField } from '../ui/field.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { EvidenceField, RegimeChoice } from './incident-fields.tsx'
import { changeIncident, entriesIn, regimeWords, type Incident, type IncidentChange } from './incidents.ts'

export interface IncidentUpdateProps {
  readonly incident: Incident
  readonly onDone: () => void
}

/** Adds to an incident, says that it was reported, or closes it. */
export function IncidentUpdate({ incident: { id, clocks }, onDone }: IncidentUpdateProps) {
  const [note, setNote] = useState('')
  const [evidence, setEvidence] = useState('')
  const [reported, setReported] = useState<readonly string[]>([])
  const [closing, setClosing] = useState(false)
  const changing = useMutation({
    mutationFn: (change: IncidentChange) => changeIncident(id, change),
    onSuccess() {
      setNote('')
      setEvidence('')
      setReported([])
      onDone()
    },
  })
  const change = {
    ...(note.trim() === '' ? {} : { note }),
    evidence: entriesIn(evidence),
    reported,
  }
  const nothing = note.trim() === '' && change.evidence.length === 0 && reported.length === 0
  const due = clocks.filter((clock) => clock.reported === null)
  return (
    <form
      className={`${card} grid gap-4`}
      onSubmit={(event) => {
        event.preventDefault()
        changing.mutate(change)
      }}
    >
      <LongField
        label="Note"
        value={note}
        onChange={(event) => setNote(event.target.value)}
        maxLength={10_000}
      />
      <EvidenceField value={evidence} onChange={setEvidence} />
      {due.length === 0 ? null : (
        <fieldset>
          <legend className="text-sm font-medium">Reported to the authority</legend>
          {due.map(({ regime }) => (
            <RegimeChoice key={regime} regime={regime} chosen={reported} onChange={setReported}>
              {Object.hasOwn(regimeWords, regime) ? regimeWords[regime as keyof typeof regimeWords] : regime}
            </RegimeChoice>
          ))}
        </fieldset>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={nothing || changing.isPending}>
          Write it down
        </Button>
        <Button look="danger" disabled={changing.isPending} onClick={() => setClosing(true)}>
          Close the incident
        </Button>
      </div>
      <ProblemLine error={changing.error} />
      <Confirm
        open={closing}
        onOpenChange={setClosing}
        title="Close the incident?"
        text="Its clocks stop, and nothing is reminded of any more. It cannot be opened again."
        action="Close it"
        onConfirm={() => changing.mutate({ ...change, close: true })}
      />
    </form>
  )
}
