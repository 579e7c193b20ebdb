/** Digits and signs that people write for letters. */
const letters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
  '€': 'e',
  '+': 't',
}

/** The letter that a digit or sign is written for; itself where it is written for none. */
export function unleet(character: string): string {
  return letters[character] ?? character
}
