const mac = /mac|iphone|ipad/i.test(navigator.platform)

/** Every shortcut of the page, as shown in the settings. */
export const shortcuts = {
  send: { keys: 'Enter', does: 'Send' },
  newline: { keys: 'Shift+Enter', does: 'New line' },
  stop: { keys: 'Esc', does: 'Stop the answer' },
  search: { keys: mac ? '⌘K' : 'Ctrl+K', does: 'Search conversations' },
  newChat: { keys: mac ? '⇧⌘O' : 'Ctrl+Shift+O', does: 'New chat' },
  sidebar: { keys: mac ? '⌘B' : 'Ctrl+B', does: 'Show or hide the conversations' },
  focus: { keys: '/', does: 'Write' },
  edit: { keys: '↑', does: 'Edit the last question (in an empty field)' },
} as const

/** Whether this key press is Ctrl (⌘ on Apple's) with `key`, and Shift exactly when asked for. */
export function isCommand(event: KeyboardEvent, key: string, shift = false): boolean {
  const command = mac ? event.metaKey : event.ctrlKey
  return command && !event.altKey && event.shiftKey === shift && event.key.toLowerCase() === key
}

/** Whether the key press belongs to a field that somebody writes in. */
export function isWriting(event: KeyboardEvent): boolean {
  const { target } = event
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  )
}
