import { ChevronLeft, ChevronRight } from 'lucide-react'
import { IconButton } from '../ui/button.tsx'

/** Where a message stands among its versions; ids of the neighbours, null at the ends. */
export interface Versions {
  readonly position: number
  readonly count: number
  readonly previous: string | null
  readonly next: string | null
}

export interface VersionSwitchProps extends Versions {
  readonly of: 'question' | 'answer'
  readonly onSwitch: (message: string) => void
}

/** ‹ 2 / 3 ›, only where there is more than one version. */
export function VersionSwitch({ position, count, previous, next, of, onSwitch }: VersionSwitchProps) {
  if (count < 2) return null
  return (
    <div
      className="flex items-center text-xs tabular-nums"
      role="group"
      aria-label={`Versions of this ${of}`}
    >
      <IconButton
        small
        icon={ChevronLeft}
        label={`Earlier ${of}`}
        disabled={previous === null}
        onClick={() => previous !== null && onSwitch(previous)}
      />
      <span aria-label={`${position} of ${count}`}>
        {position} / {count}
      </span>
      <IconButton
        small
        icon={ChevronRight}
        label={`Later ${of}`}
        disabled={next === null}
        onClick={() => next !== null && onSwitch(next)}
      />
    </div>
  )
}
