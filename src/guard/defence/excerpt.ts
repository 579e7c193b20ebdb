/** Among more characters the judge loses sight of a sentence, among fewer a decoy drives it out. */
const bounds = { characters: 400, stretch: { least: 40, most: 200 } }

/**
 * A text as it is kept and read beside others: as it is up to 400 characters, else its gravest sentences in their order,
 * so that no padding hides them. Of sentences alike those nearest to either end are kept.
 *
 * @param harmsOf how harmful each of some sentences is, 0 where nobody can tell
 */
export async function excerptOf(
  text: string,
  harmsOf: (sentences: readonly string[]) => Promise<readonly number[]>,
): Promise<string> {
  if (text.length <= bounds.characters) return text
  const sentences = sentencesOf(text)
  const harms = await harmsOf(sentences)
  const fromEnd = (index: number) => Math.min(index, sentences.length - 1 - index)
  const gravestFirst = [...sentences.keys()].toSorted(
    (left, right) => (harms[right] ?? 0) - (harms[left] ?? 0) || fromEnd(left) - fromEnd(right),
  )
  let room = bounds.characters
  const kept = gravestFirst.filter((index) => {
    const length = (sentences[index]?.length ?? 0) + 1
    if (length > room) return false
    room -= length
    return true
  })
  return kept
    .toSorted((left, right) => left - right)
    .map((index) => sentences[index])
    .join('\n')
}

/** Stretches that end where a sentence does or a line, or between words where none ends within 200 characters. */
function sentencesOf(text: string): string[] {
  const { least, most } = bounds.stretch
  const sentences: string[] = []
  for (let start = 0; start < text.length;) {
    const stretch = text.slice(start, start + most)
    const [ended] = stretch.slice(least).match(/^[^.!?\n。！？]*[.!?\n。！？]+/u) ?? []
    let end = start + stretch.length
    if (ended !== undefined) end = start + least + ended.length
    else if (end < text.length) {
      const space = stretch.lastIndexOf(' ')
      if (space >= least) end = start + space + 1
    }
    const sentence = text.slice(start, end).trim()
    if (sentence !== '') sentences.push(sentence)
    start = end
  }
  return sentences
}
