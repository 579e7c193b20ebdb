/** JSON can split a character over two texts, as halves of a surrogate pair: the first is kept until the other comes. */
export class WholeCharacters {
  #half = ''

  take(text: string): string {
    if (this.#half === '' && text.isWellFormed()) return text
    const joined = this.#half + text
    const last = joined.charCodeAt(joined.length - 1)
    this.#half = last >= 0xd800 && last <= 0xdbff ? joined.slice(-1) : ''
    return joined.slice(0, joined.length - this.#half.length).toWellFormed()
  }
}
