/** What a pull tells while it runs. Sources are named as references. */
export type PullEvent =
  /** Another process pulls the same file; its result is taken when it is done. */
  | { readonly type: 'wait-start'; readonly file: string; readonly owner: number | null }
  /** A source is asked for a file. `have`: bytes that are here from an earlier attempt. */
  | {
      readonly type: 'source-start'
      readonly source: string
      readonly file: string
      readonly have: number
      readonly total: number | null
    }
  | { readonly type: 'source-failed'; readonly source: string; readonly reason: string }
  /** A connection broke; it goes on where it stopped. */
  | { readonly type: 'source-retry'; readonly source: string; readonly reason: string }
  /** `received` of `total` (null: unknown) bytes of the file are here. */
  | {
      readonly type: 'file-progress'
      readonly file: string
      readonly received: number
      readonly total: number | null
    }
  | {
      readonly type: 'verify-progress'
      readonly file: string
      readonly hashed: number
      readonly total: number
    }
  /** `pinned`, `hub`: the digest is the one promised. `first-seen`: nobody promised one. */
  | {
      readonly type: 'file-verified'
      readonly file: string
      readonly sha256: string
      readonly by: 'pinned' | 'hub' | 'first-seen'
    }

export type Report = (event: PullEvent) => void
