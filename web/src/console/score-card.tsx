import { card } from '../ui/page.tsx'
import { When } from '../ui/when.tsx'
import { LinkList } from './link-list.tsx'
import { MeasureRow } from './measure-row.tsx'
import type { Explanation } from './standing.ts'

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
        <div className="mt-4 overflow-x-auto">
          <table className="w-full text-sm tabular-nums">
            <thead className="text-xs text-faint">
              <tr>
                {['When', 'What', 'Severity', 'Points', 'Counts now'].map((name) => (
                  <th key={name} className="py-1 pr-4 text-start font-medium">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {strikes.map(({ event, at, hazard, source, severity, points, counts, note }) => (
                <tr key={event}>
                  <td className="py-1.5 pr-4">
                    <When at={at} />
                  </td>
                  <td className="py-1.5 pr-4">
                    {hazard ?? 'other'} <span className="text-faint">by {source}</span>
                    {note === null ? null : <span className="block text-xs text-soft">{note}</span>}
                  </td>
                  <td className="py-1.5 pr-4">{severity}</td>
                  <td className="py-1.5 pr-4">{points}</td>
                  <td className="py-1.5">{counts}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {measures.length === 0 ? null : (
        <ul className="mt-4 divide-y divide-line border-t border-line">
          {measures.map((measure) => (
            <MeasureRow key={measure.id} measure={measure} />
          ))}
        </ul>
      )}
      <LinkList links={links} />
    </div>
  )
}
