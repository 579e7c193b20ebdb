/** The value of one line of a page of metrics; NaN when it has none. */
export function metricValue(page: string, series: string): number {
  const line = page.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1))
}
