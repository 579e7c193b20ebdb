/** One part of one day's bar. */
export interface DayBar {
  /** `YYYY-MM-DD` */
  readonly day: string
  readonly name: string
  readonly value: number
}

export interface DayBarsProps {
  readonly bars: readonly DayBar[]
  readonly label: string
  readonly text: (value: number) => string
}

const days = 30
const height = 160
const looks = [
  'fill-accent',
  'fill-spark',
  'fill-code-keyword',
  'fill-code-string',
  'fill-code-parameter',
  'fill-edge',
]
const swatches = [
  'bg-accent',
  'bg-spark',
  'bg-code-keyword',
  'bg-code-string',
  'bg-code-parameter',
  'bg-edge',
]

/** The last 30 days, each a bar of what it was made of; the same as a table for who cannot see it. */
export function DayBars({ bars, label, text }: DayBarsProps) {
  const names = namesOf(bars)
  const shown = Array.from({ length: days }, (_, index) => dayBefore(days - 1 - index))
  const sum = (day: string) => bars.reduce((total, bar) => (bar.day === day ? total + bar.value : total), 0)
  const most = Math.max(...shown.map(sum), 1e-9)
  const place = (name: string) => Math.min(names.indexOf(name), looks.length - 1)
  return (
    <figure>
      <svg
        viewBox={`0 0 ${days * 20} ${height}`}
        preserveAspectRatio="none"
        aria-hidden
        className="h-40 w-full"
      >
        {shown.map((day, index) => {
          let top = height
          return (
            <g key={day}>
              <title>{`${day}: ${text(sum(day))}`}</title>
              <rect x={index * 20} width={20} height={height} className="fill-transparent" />
              {bars
                .filter((bar) => bar.day === day)
                .toSorted((one, other) => place(one.name) - place(other.name))
                .map((bar) => {
                  const tall = (bar.value / most) * (height - 4)
                  top -= tall
                  return (
                    <rect
                      key={bar.name}
                      x={index * 20 + 3}
                      y={top}
                      width={14}
                      height={Math.max(0, tall)}
                      className={looks[place(bar.name)]}
                    />
                  )
                })}
            </g>
          )
        })}
        <line x1={0} x2={days * 20} y1={height} y2={height} className="stroke-line" />
      </svg>
      <div aria-hidden className="mt-1 flex justify-between text-xs text-faint tabular-nums">
        <span>{shown[0]}</span>
        <span>{shown.at(-1)}</span>
      </div>
      <ul aria-hidden className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
        {names.map((name) => (
          <li key={name} className="flex items-center gap-1.5">
            <span className={`size-2.5 rounded-sm ${swatches[place(name)] ?? ''}`} />
            {name}
          </li>
        ))}
      </ul>
      <table className="sr-only">
        <caption>{label}</caption>
        <tbody>
          {bars.map(({ day, name, value }) => (
            <tr key={`${day}:${name}`}>
              <th scope="row">{day}</th>
              <td>{name}</td>
              <td>{text(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}

/** The largest first: they get the colours that are told apart best. */
function namesOf(bars: readonly DayBar[]): string[] {
  const sums = new Map<string, number>()
  for (const { name, value } of bars) sums.set(name, (sums.get(name) ?? 0) + value)
  return [...sums].toSorted(([, one], [, other]) => other - one).map(([name]) => name)
}

function dayBefore(count: number): string {
  return new Date(Date.now() - count * 86_400_000).toISOString().slice(0, 10)
}
