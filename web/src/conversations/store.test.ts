import { describe, expect, test } from 'vitest'
import { MemoryArchive, type Archive } from './archive.ts'
import { answer, conversation, id, question } from './conversation.fixture.ts'
import { ConversationStore } from './store.ts'

const one = conversation([question(1, null), answer(2, 1)])

/** An archive that refuses to write while `full`, and lets the test speak for another tab. */
class TestArchive extends MemoryArchive implements Archive {
  override readonly durable: boolean = true
  full = false
  writes = 0
  otherTab: (changed: string) => void = () => {}

  override async put(name: string, value: unknown): Promise<void> {
    this.writes++
    if (this.full) throw new DOMException('no room', 'QuotaExceededError')
    await super.put(name, value)
  }

  override onForeignChange(listener?: (changed: string) => void): void {
    if (listener !== undefined) this.otherTab = listener
  }
}

async function opened(archive = new TestArchive()) {
  const store = new ConversationStore(archive)
  await store.load()
  return { archive, store }
}

/** Resolves when the state is as wanted. */
function until(store: ConversationStore, wanted: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const leave = store.subscribe(() => {
      if (!wanted()) return
      leave()
      resolve()
    })
  })
}

describe('what happens is kept', () => {
  test('over a visit', async () => {
    const { archive, store } = await opened()
    store.dispatch({ type: 'created', conversation: one })
    store.dispatch({ type: 'renamed', id: one.id, title: 'Renamed' })
    await store.save()
    const again = await opened(archive)
    expect(again.store.state().conversations).toEqual({ [one.id]: { ...one, title: 'Renamed' } })
  })

  test('also that something was deleted', async () => {
    const { archive, store } = await opened()
    store.dispatch({ type: 'created', conversation: one })
    await store.save()
    store.dispatch({ type: 'deleted', id: one.id })
    await store.save()
    expect(await archive.all()).toEqual([])
  })

  test('a growing answer at once when the page is left', async () => {
    const { archive, store } = await opened()
    const growing = conversation([question(1, null), answer(2, 1, { state: 'streaming', text: '' })])
    store.dispatch({ type: 'created', conversation: growing })
    await store.save()
    const { writes } = archive
    for (const text of ['many ', 'small ', 'steps']) {
      store.dispatch({ type: 'answer-grew', id: growing.id, answer: id(2), text })
    }
    expect(archive.writes).toBe(writes)
    await store.save()
    expect(archive.writes).toBe(writes + 1)
    const again = await opened(archive)
    expect(again.store.state().conversations[growing.id]?.messages[id(2)]).toMatchObject({
      text: 'many small steps',
      state: 'stopped',
    })
  })
})

describe('a browser without room', () => {
  test('is said so, loses nothing from the page, and is tried again', async () => {
    const { archive, store } = await opened()
    archive.full = true
    store.dispatch({ type: 'created', conversation: one })
    await store.save()
    expect(store.state()).toMatchObject({ keeping: 'failing', conversations: { [one.id]: one } })
    archive.full = false
    store.dispatch({ type: 'created', conversation: conversation([], { id: id(2000) }) })
    await store.save()
    expect(store.state().keeping).toBe('durable')
    expect(await archive.all()).toHaveLength(2)
  })

  test('that cannot even be read still gives a page', async () => {
    const archive = new TestArchive()
    archive.all = () => Promise.reject(new DOMException('broken', 'UnknownError'))
    const { store } = await opened(archive)
    expect(store.state()).toMatchObject({ loaded: true, keeping: 'failing', conversations: {} })
  })
})

test('what cannot be read is counted, and left as it is', async () => {
  const archive = new TestArchive()
  await archive.put('broken', { id: 'broken', title: 7 })
  await archive.put(one.id, one)
  const { store } = await opened(archive)
  expect(store.state()).toMatchObject({ damaged: 1, conversations: { [one.id]: one } })
  expect(await archive.get('broken')).toEqual({ id: 'broken', title: 7 })
})

describe('another tab', () => {
  test('that changes or deletes a conversation is followed', async () => {
    const { archive, store } = await opened()
    await archive.put(one.id, one)
    const arrived = until(store, () => store.state().conversations[one.id] !== undefined)
    archive.otherTab(one.id)
    await arrived
    await archive.remove(one.id)
    const gone = until(store, () => store.state().conversations[one.id] === undefined)
    archive.otherTab(one.id)
    await gone
    expect(store.state()).toMatchObject({ conversations: {}, damaged: 0 })
  })

  test('does not disturb an answer that is being made here', async () => {
    const { archive, store } = await opened()
    const growing = conversation([question(1, null), answer(2, 1, { state: 'streaming' })])
    store.dispatch({ type: 'created', conversation: growing })
    await store.save()
    await archive.remove(growing.id)
    archive.otherTab(growing.id)
    await store.save()
    expect(store.state().conversations[growing.id]).toBe(growing)
  })
})
