import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { CompressedFile } from './compressed.ts'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

const compressible = /^text\/|javascript|json|svg|wasm/

/** A worker lives under the policy of its own file: it may load more files of ours, such as grammars, and nothing else. */
const assetPolicy = "default-src 'none'; script-src 'self'; frame-ancestors 'none'"

const noncePlaceholder = '__CSP_NONCE__'

const unbuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Elpis</title>
<h1>Elpis</h1><p>The API is at <code>/v1</code>. The chat page is not built here: run <code>npm run web:build</code>,
then start the server again.</p></html>`

export interface WebPage {
  /** Answers with the page, under a nonce of its own. */
  send(reply: FastifyReply): FastifyReply
}

/**
 * Serves the built page. The files (some megabytes) are read once: a path of a request is only ever looked up, never
 * turned into a path of the disk, and a page that is rebuilt meanwhile cannot fall apart.
 */
export function serveWebPage(app: FastifyInstance, folder: string): WebPage {
  const files = contentsOf(folder)
  const html = files.get('/index.html')?.toString('utf8') ?? unbuilt
  const page: WebPage = {
    send(reply) {
      const nonce = randomBytes(16).toString('base64')
      return reply
        .header('content-security-policy', pagePolicy(nonce))
        .header('cache-control', 'no-store')
        .type('text/html; charset=utf-8')
        .send(html.replaceAll(noncePlaceholder, nonce))
    },
  }
  for (const path of ['/', '/sign-in']) app.get(path, async (_request, reply) => page.send(reply))
  for (const [path, content] of files) {
    if (path === '/index.html') continue
    const type = types[extname(path)] ?? 'application/octet-stream'
    const file = new CompressedFile(content, compressible.test(type))
    app.get(path, async (request, reply) => {
      const { content: body, encoding } = await file.for(request.headers['accept-encoding'])
      if (encoding !== null) reply.header('content-encoding', encoding)
      return await reply
        .header('vary', 'Accept-Encoding, Origin')
        // Names of assets hold a hash of their content.
        .header(
          'cache-control',
          path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        )
        .header('content-security-policy', assetPolicy)
        .type(type)
        .send(body)
    })
  }
  return page
}

/** Request path → content, for all files in the folder; empty when it does not exist. */
function contentsOf(folder: string): Map<string, Buffer> {
  let entries
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  } catch {
    return new Map()
  }
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // Fastify would read these as patterns, and no build of ours makes such names.
      .filter((file) => !/[:*]/.test(relative(folder, file)))
      .map((file) => [`/${relative(folder, file).split(sep).join('/')}`, readFileSync(file)]),
  )
}

function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
