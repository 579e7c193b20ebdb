import { Check, ChevronDown } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { Menu, menuRow } from '../ui/menu.tsx'
import type { ModelChoice } from './use-model.ts'

/** Shows which model is asked next, and changes it. */
export function ModelPicker({ models, model, choose, problem, retry }: ModelChoice) {
  if (problem !== null) {
    return (
      <button
        type="button"
        onClick={retry}
        className="min-h-10 rounded-lg px-3 text-sm text-danger hover:bg-hover"
      >
        No models: try again
      </button>
    )
  }
  if (model === null) return <span className="px-3 text-sm text-faint">…</span>
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={`Model: ${model}`}
          className="flex min-h-10 min-w-0 items-center gap-1.5 rounded-lg px-3 text-[0.9375rem] font-medium hover:bg-hover"
        >
          <span className="truncate">{model}</span>
          <ChevronDown aria-hidden className="size-4 shrink-0 text-faint" />
        </button>
      }
    >
      <DropdownMenu.Label className="px-3 pt-1 pb-1.5 text-xs text-faint">
        Models served here
      </DropdownMenu.Label>
      <DropdownMenu.RadioGroup value={model} onValueChange={choose}>
        {models.map((one) => (
          <DropdownMenu.RadioItem key={one} value={one} className={`${menuRow} justify-between`}>
            <span className="min-w-0 break-all">{one}</span>
            <DropdownMenu.ItemIndicator>
              <Check aria-hidden className="size-4 text-accent" />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </Menu>
  )
}
