/** Hands a text to the browser as a file to save. */
export function download(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // Some browsers begin to read only after the click's event is over.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
