import type { ModelStatus } from '../../core/engine.ts'
import type { Generating } from '../openai/generating.ts'
import type { ModelsFor } from '../openai/models.ts'
import type { Route } from '../route.ts'
import { chat } from './chat.ts'
import { embedRoutes } from './embed.ts'
import { generate } from './generate.ts'
import { modelRoutes } from './models.ts'
import { operatorsOnly } from './operators-only.ts'

interface OllamaParts {
  readonly generating: Generating
  readonly modelsFor: ModelsFor
  readonly status: () => readonly ModelStatus[]
  readonly version: string
}

/** Ollama's door: its clients work when their host is changed and a key is given to them. */
export function ollamaRoutes({ generating, modelsFor, status, version }: OllamaParts): Route[] {
  return [
    chat(generating),
    generate(generating),
    ...embedRoutes(generating),
    ...modelRoutes({ modelsFor, status, version }),
    ...operatorsOnly(),
  ]
}
