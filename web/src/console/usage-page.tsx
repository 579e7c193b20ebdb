import { Download } from 'lucide-react'
import { UsagePanel } from './usage-panel.tsx'

/** Tokens, requests and cost of everybody, by day. */
export function UsagePage() {
  return (
    <>
      <p className="mt-1 flex items-center justify-between text-soft">
        The last 30 days.
        <a
          href="/v1/usage?interval=day&group_by=model,key,person&format=csv"
          className="inline-flex min-h-9 items-center gap-2 rounded-lg border border-line bg-raised px-3.5 text-sm font-medium text-ink hover:bg-hover"
        >
          <Download aria-hidden className="size-4" /> CSV
        </a>
      </p>
      <UsagePanel groups={['model', 'key', 'person']} />
    </>
  )
}
