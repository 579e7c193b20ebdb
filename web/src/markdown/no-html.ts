/**
 * Stands in for `rehype-raw`, which streamdown brings along to turn HTML in Markdown into elements (see
 * `vite.config.ts`). Nothing here may ever do that, so the parser is not in the page at all.
 */
// oxlint-disable-next-line import/no-default-export -- the package that it stands for has one
export default function noHtml(): never {
  throw new Error('HTML in Markdown is never parsed here.')
}
