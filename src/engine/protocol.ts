/**
 * What the server and the process of one loaded model say to each other, over Node's IPC channel. The server sends
 * commands; the process sends reports, batched per decode step.
 */
import type { Occupancy } from '../core/engine.ts'
import type { FinishReason, ProbeScores, TokenLogprob, Usage } from '../core/part.ts'
import type { RecordedChoice, Sampling } from '../core/request.ts'
import type { LayerSizes } from './layer-placement.ts'
import type { BriefCommand, BriefReport } from './brief-protocol.ts'
import type { Grammar } from './grammar/grammar.ts'

/** A stretch of a prompt. Only where `control` is true are control tokens such as `<|im_end|>` recognised. */
export interface Segment {
  readonly text: string
  readonly control: boolean
  /** In place of a text, which is empty: all tokens of the prompt, taken as they are. */
  readonly tokens?: readonly number[]
}

/** One request, ready for tokens. `id` is unique within the process's life. */
export interface Job {
  readonly id: number
  readonly prompt: readonly Segment[]
  /** Put the model's own beginning-of-sequence token in front, if it has one. */
  readonly addBos: boolean
  readonly sampling: Sampling
  readonly choices: number
  readonly maxTokens: number | null
  readonly stop: readonly string[]
  readonly ignoreEos: boolean
  readonly topLogprobs: number | null
  /** Index of a loaded adapter; null is the model as it is. */
  readonly adapter: number | null
  /** Prompts are shared only within a scope. */
  readonly cacheScope: string
  /** But what it begins with is known to everybody; null when nothing is. */
  readonly open: OpenBeginning | null
  /** What of the answer is more than text; left out when nothing is. */
  readonly marks?: AnswerMarks
  /** What the answer may look like; null or left out: anything. */
  readonly grammar?: Grammar | null
  /** An earlier answer, to be computed again: see `EngineRequest`. */
  readonly recorded?: RecordedChoice
}

/** A text that the operator declared to be no secret. */
export interface OpenBeginning {
  readonly text: string
  /** How a prompt begins that has it as its system prompt, up to its end: nothing in it is anybody's own. */
  readonly prompt: readonly Segment[]
}

export interface AnswerMarks {
  /** Control tokens whose spelling shall be part of the answer's text, for the server to read. */
  readonly spelled: readonly string[]
  /** Null when a thought may take as long as the answer may. */
  readonly thought: ThoughtLimit | null
}

/** How long an answer may think. */
export interface ThoughtLimit {
  /** The marks around a thought, which stands at the beginning. */
  readonly open: string
  readonly close: string
  /** The prompt ends with the opening mark. */
  readonly begun: boolean
  /** Most tokens between the marks. */
  readonly budget: number
}

export interface Placement {
  /** Layers, counted from the last; null: as many as fit. */
  readonly layers: number | null
  readonly sizes: LayerSizes
  /** Files through which drivers are spoken to. */
  readonly devices: readonly string[]
  /** What drivers read. */
  readonly reads: readonly string[]
}

/** What is read of a model's hidden states, in the pass that makes its logits. */
export interface StateReading {
  /** What goes into these layers, counted from 0, one after the other. */
  readonly layers: readonly number[]
  /** Null: the states themselves are told when a choice ends, for a probe to be trained on. */
  readonly probe: Probe | null
}

/** A linear function of hidden states for each thing that is judged; the sum is the logit of harm. */
export interface Probe {
  readonly prompt: ProbeHead
  /** Null when nothing is known of answers. */
  readonly response: ProbeHead | null
}

export interface ProbeHead {
  readonly weights: Float32Array
  readonly bias: number
}

/**
 * `exact`: what is computed of a token depends on what stands before it alone, not on what is in the step beside it.
 * `fast`: the library picks the quickest way, which rounds by what is in the step.
 */
export type AttentionMode = 'exact' | 'fast'

export type DraftMode = 'measured' | 'always' | 'never'

/** A smaller model with the same vocabulary, which proposes tokens. */
export interface DraftFile {
  /** What it is called, and the model that it drafts for; for messages. */
  readonly name: string
  readonly model: string
  /** Absolute path of the (first) GGUF file. */
  readonly path: string
  /** Absolute paths of all files. */
  readonly files: readonly string[]
  /** What it takes of memory, estimated. */
  readonly bytes: number
}

export interface LoadOptions {
  /** Absolute path of the (first) GGUF file. */
  readonly path: string
  /** Folder of the adapters that were made for this model; left out when there can be none. */
  readonly adapters?: string
  /** Absolute paths of all files of a split model; `path` alone when left out. */
  readonly files?: readonly string[]
  /** Size of the unified KV cache: tokens over all sequences. */
  readonly cacheTokens: number
  /** Longest prompt and answer of one sequence. */
  readonly contextTokens: number
  /** How many sequences may run at once. */
  readonly sequences: number
  readonly threads: number
  /** Most tokens in one decode step. */
  readonly batchTokens: number
  /** What goes onto graphics processors; left out on machines that have none, and where the library shall decide. */
  readonly placement?: Placement
  /** Folder of the prebuilt native libraries. */
  readonly libraries: string
  /** A fixed CPU level such as `haswell`, for results that do not depend on the machine; null takes the best one. */
  readonly cpuLevel: string | null
  /** How attention is computed on the CPU. */
  readonly attention: AttentionMode
  /** Whether what an answer probably says next is computed along: when that is thought to pay, always or never. */
  readonly drafts: DraftMode
  /** Left out when there is none. */
  readonly draft?: DraftFile
  /** Bytes of ended conversations that may be kept in memory beside the KV cache. */
  readonly parkedBytes: number
  /** Left out when nothing is read. */
  readonly states?: StateReading
  /** Left out when none are kept on disk. */
  readonly prefixes?: PrefixPlace
}

/** Where declared prompts that were computed lie; see `prefix-files.ts`. */
export interface PrefixPlace {
  /** Absolute path of the model's own folder. */
  readonly folder: string
  /** SHA-256 of each declared prompt: what its file is called. */
  readonly texts: readonly string[]
  /** A longer file is not kept. */
  readonly mostBytes: number
}

export type Command =
  | { readonly type: 'load'; readonly options: LoadOptions }
  | { readonly type: 'generate'; readonly job: Job }
  | { readonly type: 'cancel'; readonly job: number }
  | BriefCommand
  | { readonly type: 'load-adapter'; readonly adapter: number; readonly path: string }
  /** No job needs it any more. */
  | { readonly type: 'unload-adapter'; readonly adapter: number }
  | { readonly type: 'close' }

/** What the server needs to know of a model that was loaded. */
export interface LoadedModel {
  readonly chatTemplate: string | null
  readonly bosText: string
  readonly eosText: string
  /** Texts of all control tokens: what must stay text when a user writes it. */
  readonly controlTokens: readonly string[]
  /** Texts of others that the template gives a meaning, such as `<tool_call>`: what a user writes of them is text, too. */
  readonly markTokens: readonly string[]
  readonly vocabularySize: number
  readonly trainedContextTokens: number
  /** Components of the vectors that it makes of texts; null when it makes none. */
  readonly vectorLength: number | null
  /** Such as `llama 135M Q4_1`. */
  readonly description: string
  /** Version of the native library and CPU level, for records. */
  readonly build: string
  /** How its cache is laid out, where the same layout of the same build computes the same bits; else null. */
  readonly layout: string | null
  /** What of the lock-down holds, such as `no_new_privs, landlock 7`; empty when nothing does. */
  readonly lockdown: string
}

/** What the process counts; it does not know thoughts from answers. */
export type TokenCounts = Omit<Usage, 'reasoningTokens'>

export type JobEvent =
  | {
      readonly type: 'started'
      readonly job: number
      readonly promptTokens: number
      readonly cachedTokens: number
    }
  | {
      readonly type: 'text'
      readonly job: number
      readonly choice: number
      readonly text: string
      readonly tokens: number
      readonly logprobs: readonly TokenLogprob[] | null
      readonly probe?: ProbeScores
    }
  | {
      readonly type: 'finished'
      readonly job: number
      readonly choice: number
      readonly reason: FinishReason
      /** The one that was met. */
      readonly stopString?: string
      readonly tokens?: readonly number[]
      /** Of a recorded answer: see the part `finish`. */
      readonly margins?: readonly number[]
      readonly probe?: ProbeScores
      readonly states?: readonly Float32Array[]
    }
  /** The job's last event; also after a cancel. */
  | { readonly type: 'ended'; readonly job: number; readonly usage: TokenCounts }
  /** The prompt does not fit: the job's only event. */
  | {
      readonly type: 'too-long'
      readonly job: number
      readonly promptTokens: number
      readonly contextTokens: number
    }
  /** This job cannot go on, others can: the job's last event. `schema`: because of what its answer may look like. */
  | { readonly type: 'failed'; readonly job: number; readonly reason: string; readonly at?: 'schema' }

export type Report =
  /** The process runs and waits for `load`. */
  | { readonly type: 'hello' }
  | { readonly type: 'loading'; readonly fraction: number }
  | { readonly type: 'ready'; readonly model: LoadedModel }
  /** The model cannot be loaded; the process exits after this. */
  | { readonly type: 'unusable'; readonly reason: string }
  | { readonly type: 'step'; readonly events: readonly JobEvent[]; readonly occupancy?: Occupancy }
  /** A declared prompt was computed; `file` is for a later process of this model, and `text` names it. */
  | { readonly type: 'prefix'; readonly text: string; readonly file: Uint8Array }
  /** An adapter was loaded; or why it cannot be. */
  | { readonly type: 'adapter'; readonly adapter: number; readonly problem: string | null }
  | BriefReport
