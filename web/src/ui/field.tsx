import { Eye, EyeOff } from 'lucide-react'
import { useId, useState, type ComponentProps, type ReactNode } from 'react'
import { IconButton } from './button.tsx'

const box =
  'w-full rounded-lg border border-edge bg-raised px-3 py-2 text-base sm:text-sm placeholder:text-faint focus-visible:outline-2 focus-visible:-outline-offset-1 focus-visible:outline-accent'

export interface FieldProps extends Omit<ComponentProps<'input'>, 'id'> {
  readonly label: string
  readonly hint?: ReactNode
}

/** One line to type in, with its name above. */
export function Field({ label, hint, className = '', ...rest }: FieldProps) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        className={`mt-1 ${box}`}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        {...rest}
      />
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="mt-1 text-xs text-faint">
          {hint}
        </p>
      )}
    </div>
  )
}

/** As `Field`, for what others must not read. */
export function SecretField({ label, hint, className = '', ...rest }: FieldProps) {
  const id = useId()
  const [shown, setShown] = useState(false)
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <div className="relative mt-1">
        <input
          id={id}
          type={shown ? 'text' : 'password'}
          autoCapitalize="none"
          spellCheck={false}
          className={`${box} pr-11`}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          {...rest}
        />
        <IconButton
          small
          className="absolute inset-y-0 right-1 my-auto"
          icon={shown ? EyeOff : Eye}
          label={shown ? 'Hide what is typed' : 'Show what is typed'}
          onClick={() => setShown(!shown)}
        />
      </div>
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="mt-1 text-xs text-faint">
          {hint}
        </p>
      )}
    </div>
  )
}

export interface ChoiceProps extends Omit<ComponentProps<'select'>, 'id' | 'children'> {
  readonly label: string
  readonly options: readonly { readonly value: string; readonly text: string }[]
}

/** One of a few. */
export function Choice({ label, options, className = '', ...rest }: ChoiceProps) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <select id={id} className={`mt-1 ${box} min-h-[2.375rem]`} {...rest}>
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

export interface TextProps extends Omit<ComponentProps<'textarea'>, 'id'> {
  readonly label: string
}

/** Several lines. */
export function LongField({ label, className = '', ...rest }: TextProps) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <textarea id={id} rows={4} className={`mt-1 ${box}`} {...rest} />
    </div>
  )
}
