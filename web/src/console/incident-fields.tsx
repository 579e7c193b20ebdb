import type { ReactNode } from 'react'
import { Field } from '../ui/field.tsx'

export interface EvidenceFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
}

/** Entries of the log that belong to an incident. */
export function EvidenceField({ value, onChange }: EvidenceFieldProps) {
  return (
    <Field
      label="Evidence"
      hint="Ids of entries of the log, ent_…"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

export interface RegimeChoiceProps {
  readonly regime: string
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
  readonly children: ReactNode
}

/** One law, to be ticked. */
export function RegimeChoice({ regime, chosen, onChange, children }: RegimeChoiceProps) {
  return (
    <label className="flex min-h-9 items-center gap-2 text-sm">
      <input
        type="checkbox"
        className="size-4 shrink-0"
        checked={chosen.includes(regime)}
        onChange={({ target }) =>
          onChange(target.checked ? [...chosen, regime] : chosen.filter((one) => one !== regime))
        }
      />
      {children}
    </label>
  )
}
