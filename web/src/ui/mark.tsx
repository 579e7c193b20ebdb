/** An open jar, and what stayed with it. */
export function Mark({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" aria-hidden="true" className={className}>
      <path
        className="fill-spark"
        d="M12 .9c.55 2.95 1.75 4.15 4.7 4.7-2.95.55-4.15 1.75-4.7 4.7-.55-2.95-1.75-4.15-4.7-4.7 2.95-.55 4.15-1.75 4.7-4.7Z"
      />
      <path
        className="stroke-accent"
        d="M7.6 10.9c-2.5 1.1-3.9 2.9-3.9 5 0 3.7 3.6 6.6 8.3 6.6s8.3-2.9 8.3-6.6c0-2.1-1.4-3.9-3.9-5"
        strokeWidth="1.7"
        strokeLinecap="round"
      />
    </svg>
  )
}
