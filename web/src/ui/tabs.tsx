export interface TabsProps<Value extends string> {
  readonly label: string
  readonly options: readonly { readonly value: Value; readonly text: string }[]
  readonly value: Value
  readonly onChange: (value: Value) => void
}

/** One of a few ways to look at something. */
export function Tabs<Value extends string>({ label, options, value, onChange }: TabsProps<Value>) {
  return (
    <div role="group" aria-label={label} className="flex rounded-lg bg-bubble p-0.5">
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className="min-h-8 rounded-md px-3 text-soft aria-pressed:bg-raised aria-pressed:text-ink"
        >
          {option.text}
        </button>
      ))}
    </div>
  )
}
