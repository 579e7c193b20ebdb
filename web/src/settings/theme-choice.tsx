import { Monitor, Moon, Sun } from 'lucide-react'
import { ToggleGroup } from 'radix-ui'
import { IconButton } from '../ui/button.tsx'
import { useMedia } from '../ui/media.ts'
import { usePreference } from './preferences.ts'

const choices = [
  { value: 'system', label: 'System', icon: Monitor },
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
] as const

/** Three ways to have it, remembered by this browser. */
export function ThemeChoice() {
  const [theme, setTheme] = usePreference('theme')
  return (
    <ToggleGroup.Root
      type="single"
      value={theme}
      aria-label="Theme"
      onValueChange={(value) => {
        const chosen = choices.find((choice) => choice.value === value)
        if (chosen !== undefined) setTheme(chosen.value)
      }}
      className="grid grid-cols-3 gap-1 rounded-xl bg-bubble p-1"
    >
      {choices.map(({ value, label, icon: Icon }) => (
        <ToggleGroup.Item
          key={value}
          value={value}
          className="flex min-h-9 items-center justify-center gap-2 rounded-lg px-2 text-sm text-soft data-[state=on]:bg-raised data-[state=on]:text-ink data-[state=on]:shadow-sm"
        >
          <Icon aria-hidden className="size-4 shrink-0" />
          {label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}

/** Switches between light and dark at one touch. */
export function ThemeButton() {
  const [theme, setTheme] = usePreference('theme')
  const systemIsDark = useMedia('(prefers-color-scheme: dark)')
  const dark = theme === 'dark' || (theme === 'system' && systemIsDark)
  return (
    <IconButton
      icon={dark ? Sun : Moon}
      label={dark ? 'Light theme' : 'Dark theme'}
      onClick={() => setTheme(dark ? 'light' : 'dark')}
    />
  )
}
