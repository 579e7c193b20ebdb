/**
 * The URL of a worker or child entry that lies beside the calling module: `.ts` in a checkout, `.js` once built (the
 * compiler rewrites imports, not URLs).
 */
export function besideModule(moduleUrl: string, name: string): URL {
  const extension = moduleUrl.endsWith('.ts') ? '.ts' : '.js'
  return new URL(`./${name}${extension}`, moduleUrl)
}
