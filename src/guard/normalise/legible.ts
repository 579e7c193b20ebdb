/** Tells text that somebody wrote from what a wrong way of decoding makes of it. */

/** Among the most frequent words of some languages, and of what is asked in bad faith. */
export const frequentWords: ReadonlySet<string> = new Set(
  (
    'the and you that for with this are how what make write tell give can your not have from without into about who ' +
    'why when where build steal kill use get want need please someone instructions ignore previous say is it to of in a i me my do be on as or by an ' +
    'que los las una por para con como del der die das und ist nicht ein eine mit wie ich les des une est pas pour dans ' +
    'comment che non per una come sono het een van niet jak nie czy bir ve nasil'
  ).split(' '),
)

/** Whether bytes that came out of some decoding are text at all: valid UTF-8, nearly all of it printable, some letters. */
export function textOf(bytes: Uint8Array): string | null {
  const text = new TextDecoder('utf-8', { fatal: false }).decode(bytes)
  const length = text.length
  if (length < 3) return null
  const strange = (text.match(/[\u{fffd}\p{Cc}\p{Co}\p{Cn}]/gu) ?? []).filter(
    (it) => !/[\n\r\t]/.test(it),
  ).length
  const letters = (text.match(/[\p{L}\p{M}\p{N} ]/gu) ?? []).length
  return strange <= length * 0.05 && letters >= length * 0.6 ? text : null
}
