import type { Scene } from '../scene.ts'

export const signedIn: Scene = {
  title: 'A link signs a browser in, once',
  async play(stage) {
    if (stage.server === null) throw new Error('No server runs.')
    const { url, signInLink } = stage.server
    const token = new URL(signInLink).hash.slice(1)
    const enter = () =>
      fetch(`${url}/web/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: url },
        body: JSON.stringify({ token }),
      })
    const first = await enter()
    const cookie = (first.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
    const set = first.headers.get('set-cookie') ?? ''
    stage.prove(
      'the link lets in, by a cookie that no script reads',
      first.status === 200 && /httponly/i.test(set),
    )
    const me = await fetch(`${url}/web/session`, { headers: { cookie } })
    stage.prove(
      'whoever has the cookie is the owner',
      ((await me.json()) as { kind: string }).kind === 'owner',
    )
    const second = await enter()
    stage.prove(`a second time it is answered with ${second.status}`, second.status === 401)
  },
}
