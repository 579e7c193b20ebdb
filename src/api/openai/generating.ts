import type { ServedModel } from '../../core/engine.ts'
import type { Part } from '../../core/part.ts'
import type { Credentials } from '../../core/principal.ts'
import { plainRequest, type Request, type Sampling } from '../../core/request.ts'
import type { BriefWork } from '../../pipeline/brief-work.ts'
import { idLike, type Exchange } from '../exchange.ts'
import { invalid } from '../parse.ts'
import { samplingOf, stopsOf } from './fields.ts'
import type { Envelope } from './wire.ts'

/** What the doors to a model are given: the pipeline, never an engine. */
export interface Generating {
  readonly answer: (request: Request, credentials: Credentials) => AsyncGenerator<Part>
  /** The same pipeline for all that is no answer: vectors, ranks, tokens. */
  readonly brief: BriefWork
  readonly models: () => readonly ServedModel[]
  /** Largest `n`. */
  readonly mostChoices: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type CommonBody = Parameters<typeof samplingOf>[0] & { readonly model: string }

/** The model, with the adapter that was asked for beside it. */
function modelOf({ model, adapter }: CommonBody): string {
  return adapter == null ? model : `${model}+${adapter}`
}

/** The fields that both doors translate alike. */
export function requestOf(
  exchange: Exchange,
  body: CommonBody,
  specific: Pick<Request, 'input' | 'maxTokens' | 'topLogprobs'> &
    Partial<Pick<Request, 'toolUse' | 'reasoning' | 'format'>>,
  mostChoices: number,
): Request {
  const choices = body.n ?? 1
  if (choices > mostChoices) throw invalid('n', `may be ${mostChoices} at most here (limits.choices)`)
  const sampling: Sampling = samplingOf(body)
  exchange.outcome.model = modelOf(body)
  return {
    ...plainRequest,
    id: exchange.id,
    model: modelOf(body),
    sampling,
    choices,
    stop: stopsOf(body.stop),
    ignoreEos: body.ignore_eos ?? false,
    signal: exchange.left,
    deadline: exchange.deadline,
    priority: Math.max(body.priority ?? 0, exchange.priority ?? 0),
    ...specific,
  }
}

/**
 * What all pieces of one answer begin with. `system_fingerprint` is the start of the weights' digest, null where that
 * is unknown; `created` is in seconds since 1970.
 */
export function envelopeOf(
  prefix: 'chatcmpl' | 'cmpl',
  { id, model }: Request,
  { models, now }: Generating,
): Envelope {
  const digest = models().find((served) => served.id === model)?.digest
  return {
    id: idLike(id, `${prefix}-`),
    created: Math.floor(now() / 1000),
    model,
    system_fingerprint: digest == null ? null : `fp_${digest.slice(0, 12)}`,
  }
}
