import { useId, useState, type ReactNode } from 'react'
import { defaultSettings, type ChatSettings } from '../conversations/conversation.ts'
import { chatTemperature } from '../server/ask.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'

type NumberName = Exclude<keyof ChatSettings, 'system'>

interface NumberRow {
  readonly label: string
  readonly help: string
  readonly minimum: number
  readonly maximum: number
  readonly whole: boolean
  /** What the server does when nothing is set. */
  readonly otherwise: string
  /** Has a slider, which stands here when nothing is set. */
  readonly slider?: { readonly step: number; readonly start: number }
}

/** The sampling settings with the limits of the API. */
const rows = {
  temperature: {
    label: 'Temperature',
    help: '0 always takes the likeliest word; more is bolder.',
    minimum: 0,
    maximum: 2,
    whole: false,
    otherwise: String(chatTemperature),
    slider: { step: 0.05, start: chatTemperature },
  },
  topP: {
    label: 'Top P',
    help: 'Leaves out the unlikeliest words, down to this share.',
    minimum: 0,
    maximum: 1,
    whole: false,
    otherwise: '1',
    slider: { step: 0.05, start: 1 },
  },
  maxTokens: {
    label: 'Longest answer',
    help: 'In tokens, about ¾ of a word each.',
    minimum: 1,
    maximum: 2_147_483_647,
    whole: true,
    otherwise: 'no limit',
  },
  seed: {
    label: 'Seed',
    help: 'The same question with the same seed gets the same answer.',
    minimum: 0,
    maximum: 4_294_967_295,
    whole: true,
    otherwise: 'random',
  },
} as const satisfies Record<NumberName, NumberRow>

export interface ChatSettingsPanelProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly settings: ChatSettings
  readonly onChange: (settings: ChatSettings) => void
}

/** How the model is spoken to in one conversation. Every change counts from the next question on. */
export function ChatSettingsPanel({ open, onOpenChange, settings, onChange }: ChatSettingsPanelProps) {
  const system = useId()
  // Fields keep what is typed, also while it is no number yet; after a reset they begin anew.
  const [resets, setResets] = useState(0)
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="This chat" place="right">
      <div className="flex-1 space-y-6 overflow-y-auto p-5">
        <div>
          <label htmlFor={system} className="text-sm font-medium">
            System prompt
          </label>
          <p id={`${system}-help`} className="mt-0.5 text-sm text-soft">
            Said to the model before everything else.
          </p>
          <textarea
            id={system}
            rows={6}
            aria-describedby={`${system}-help`}
            value={settings.system}
            placeholder="You are a patient teacher who answers briefly."
            onChange={(event) => onChange({ ...settings, system: event.target.value })}
            className="mt-2 w-full rounded-xl border border-edge bg-canvas px-3 py-2 text-base leading-relaxed placeholder:text-faint sm:text-sm"
          />
        </div>
        {Object.entries(rows).map(([name, row]) => (
          <NumberSetting
            key={`${name} ${resets}`}
            row={row}
            value={settings[name as NumberName]}
            onChange={(value) => onChange({ ...settings, [name]: value })}
          />
        ))}
      </div>
      <div className="flex items-center justify-between gap-3 border-t border-line px-5 py-3">
        <p className="text-xs text-faint">Counts from the next question on.</p>
        <Button
          onClick={() => {
            onChange(defaultSettings)
            setResets(resets + 1)
          }}
        >
          Reset
        </Button>
      </div>
    </Dialog>
  )
}

interface NumberSettingProps {
  readonly row: NumberRow
  readonly value: number | null
  readonly onChange: (value: number | null) => void
}

function NumberSetting({ row, value, onChange }: NumberSettingProps) {
  const id = useId()
  const [typed, setTyped] = useState(value === null ? '' : String(value))
  const { label, help, slider } = row
  const wrong = typed.trim() !== '' && numberIn(typed, row) === null
  const change = (text: string) => {
    setTyped(text)
    const number = numberIn(text, row)
    if (number !== null || text.trim() === '') onChange(number)
  }
  return (
    <div>
      <div className="flex items-center justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        <input
          id={id}
          inputMode={row.whole ? 'numeric' : 'decimal'}
          value={typed}
          placeholder={row.otherwise}
          aria-describedby={`${id}-help`}
          aria-invalid={wrong}
          onChange={(event) => change(event.target.value)}
          className="w-32 rounded-lg border border-edge bg-canvas px-2.5 py-1.5 text-end text-base tabular-nums placeholder:text-faint aria-invalid:border-danger sm:text-sm"
        />
      </div>
      <Help id={`${id}-help`} wrong={wrong}>
        {wrong ? `A ${row.whole ? 'whole number' : 'number'} from ${row.minimum} to ${row.maximum}.` : help}
      </Help>
      {slider === undefined ? null : (
        <input
          type="range"
          aria-label={`${label}, slider`}
          min={row.minimum}
          max={row.maximum}
          step={slider.step}
          value={value ?? slider.start}
          onChange={(event) => change(event.target.value)}
          className={`mt-2 h-6 w-full ${value === null ? 'opacity-50' : ''}`}
        />
      )}
    </div>
  )
}

function Help({ id, wrong, children }: { id: string; wrong: boolean; children: ReactNode }) {
  return (
    <p id={id} className={`mt-0.5 text-sm ${wrong ? 'text-danger' : 'text-soft'}`}>
      {children}
    </p>
  )
}

/** The number that `text` says, within the row's limits, or null. A comma is a decimal point to half of the world. */
function numberIn(text: string, { minimum, maximum, whole }: NumberRow): number | null {
  const number = text.trim() === '' ? Number.NaN : Number(text.replace(',', '.'))
  const allowed = number >= minimum && number <= maximum && (!whole || Number.isInteger(number))
  return allowed ? number : null
}
