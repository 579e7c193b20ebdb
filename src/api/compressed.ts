import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const compress = {
  br: (content: Buffer) =>
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (content: Buffer) => promisify(gzip)(content, { level: 9 }),
} as const
type Encoding = keyof typeof compress

/** Smaller files gain nothing. */
const leastBytes = 1024

/** One file of the page in the encodings that browsers ask for, each made once, when it is first asked for. */
export class CompressedFile {
  readonly #content: Buffer
  readonly #encoded = new Map<Encoding, Promise<Buffer>>()
  readonly #worthwhile: boolean

  /** @param text whether it is text, in the widest sense: pictures and fonts are compressed already. */
  constructor(content: Buffer, text: boolean) {
    this.#content = content
    this.#worthwhile = text && content.length >= leastBytes
  }

  /** The best of what a client accepts (RFC 9110, 12.5.3). */
  async for(acceptEncoding: string | undefined): Promise<{ content: Buffer; encoding: Encoding | null }> {
    const encoding = this.#worthwhile ? choose(acceptEncoding ?? '') : null
    if (encoding === null) return { content: this.#content, encoding }
    let encoded = this.#encoded.get(encoding)
    if (encoded === undefined) {
      encoded = compress[encoding](this.#content)
      this.#encoded.set(encoding, encoded)
    }
    return { content: await encoded, encoding }
  }
}

function choose(acceptEncoding: string): Encoding | null {
  const accepted = new Set(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .map((one) => one.split(';').map((piece) => piece.trim()))
      .filter(([, quality]) => quality === undefined || !/^q=0(\.0*)?$/.test(quality))
      .map(([name]) => name),
  )
  return accepted.has('br') ? 'br' : accepted.has('gzip') ? 'gzip' : null
}
