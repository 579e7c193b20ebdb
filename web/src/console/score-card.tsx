import { card } from '../ui/page.tsx'
import { When } from '../ui/when.tsx'
import { LinkList } from './link-list.tsx'
import { MeasureRow } from './measure-row.tsx'
import type { Explanation, Strike } from './standing.ts'

/** A score beside the thresholds of the ladder, and every strike that it is made of. */
export function ScoreCard({ explanation }: { readonly explanation: Explanation }) {
  const { score, thresholds, strikes, measures, links, policy, half_life_days } = explanation
  const scale = Math.max(thresholds.banned, score) * 1.05
  return (
    <div className={`${card} mt-3`}>
      <p className="text-sm text-soft">
        Score <strong className="text-2xl font-semibold text-ink tabular-nums">{score.toFixed(1)}</strong>{' '}
        under the policy “{policy}”; half of it fades in {half_life_days} days.
      </p>
      <div className="relative mt-3 h-2.5 rounded-full bg-bubble">
        <div className="h-full rounded-full bg-accent" style={{ width: `${(score / scale) * 100}%` }} />
        {Object.entries(thresholds).map(([name, at]) => (
          <span
            key={name}
            title={`${name} from ${at}`}
            className="absolute -inset-y-0.5 w-0.5 bg-danger"
            style={{ left: `${(at / scale) * 100}%` }}
          />
        ))}
      </div>
      <p className="mt-2 text-xs text-faint">
        {Object.entries(thresholds)
          .map(([name, at]) => `${name} from ${at}`)
          .join(' · ')}
      </p>
      {strikes.length === 0 ? (
        <p className="mt-4 text-sm text-faint">No strikes.</p>
      ) : (
        <ol aria-label="Strikes" className="mt-4 divide-y divide-line border-t border-line">
          {strikes.map((strike) => (
            <StrikeRow key={strike.event} strike={strike} share={strike.counts / score} />
          ))}
        </ol>
      )}
      {measures.length === 0 ? null : (
        <ul className="-mx-4 divide-y divide-line border-t border-line">
          {measures.map((measure) => (
            <MeasureRow key={measure.id} measure={measure} />
          ))}
        </ul>
      )}
      <LinkList links={links} />
    </div>
  )
}

/** One strike as a sum: what it was worth, what is left of it, and how much of the score that is. */
function StrikeRow({ strike, share }: { readonly strike: Strike; readonly share: number }) {
  const { at, hazard, means, source, severity, weight, points, counts, note } = strike
  return (
    <li className="py-2.5 text-sm">
      <div className="flex items-baseline gap-3">
        <span className="min-w-0 flex-1 font-medium first-letter:uppercase">
          {means}
          {hazard === null || hazard === 'attack' ? null : (
            <span className="font-normal text-faint"> {hazard}</span>
          )}
        </span>
        <strong className="text-base font-semibold tabular-nums">{counts.toFixed(1)}</strong>
      </div>
      {note === null ? null : <p className="mt-0.5 break-words text-soft">{note}</p>}
      <p className="mt-0.5 text-xs text-faint tabular-nums">
        <When at={at} /> by {source} · severity {severity} × 10
        {weight === 1 ? '' : ` × weight ${weight}`} = {points.toFixed(1)}
        {counts === points ? null : `, of which ${counts.toFixed(1)} are left`}
      </p>
      <div aria-hidden className="mt-1.5 h-1 rounded-full bg-bubble">
        <div className="h-full rounded-full bg-accent" style={{ width: `${Math.min(1, share) * 100}%` }} />
      </div>
    </li>
  )
}
