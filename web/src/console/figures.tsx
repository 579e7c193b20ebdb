import type { ReactNode } from 'react'

/** A few numbers at a glance. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className="mt-5 grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-6">{children}</dl>
}

export interface FigureProps {
  readonly name: string
  readonly value: string
  readonly more?: string
}

export function Figure({ name, value, more }: FigureProps) {
  return (
    <div className="rounded-xl border border-line bg-raised px-4 py-3">
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="mt-0.5 text-xl font-semibold tabular-nums">{value}</dd>
      {more === undefined ? null : <dd className="text-xs text-faint tabular-nums">{more}</dd>}
    </div>
  )
}
