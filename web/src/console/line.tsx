const width = 600
const height = 96

/** How something went over time, as one line. */
export function Line({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const most = Math.max(1, ...values)
  const step = width / Math.max(1, 119)
  const start = width - (values.length - 1) * step
  const points = values.map((value, index) => [start + index * step, height - (value / most) * (height - 4)])
  const line = points.map(([x = 0, y = 0]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  return (
    <figure className="relative">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: now ${(values.at(-1) ?? 0).toFixed(1)}, at most ${most.toFixed(1)}`}
        className="h-24 w-full overflow-visible"
      >
        <polygon
          points={`${start.toFixed(1)},${height} ${line} ${width},${height}`}
          className="fill-accent opacity-15"
        />
        <polyline
          points={line}
          fill="none"
          className="stroke-accent"
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <figcaption className="absolute top-0 left-0 text-xs text-faint tabular-nums">
        {most.toFixed(1)}
      </figcaption>
    </figure>
  )
}
