import assert from 'node:assert/strict'
import { httpsTo } from '../../apps/demo/src/https.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** Whoever opened an address that signs in, without a browser. */
export interface Session {
  /** The text of any answer, its session's cookie and header sent along. */
  text(path: string, accept?: string): Promise<string>
  /** The entries of a list. */
  list(path: string): Promise<any[]>
}

/** Opens an address of `tl portal`'s kind, as the page does. It is good once, which is tried. */
export async function aSession(
  t: { after(work: () => void): void },
  address: string,
  ca: string,
): Promise<Session> {
  const send = httpsTo(ca)
  t.after(() => send.close())
  const { origin, hash } = new URL(address)
  const body = JSON.stringify({ ticket: hash.slice('#ticket='.length) })
  const use = () => send(`${origin}/portal/session`, { method: 'POST', headers: JSON_TYPE, body })
  const [cookie] = (await use()).headers.get('set-cookie')!.split(';')
  assert.equal((await use()).status, 401, 'a ticket is good once')
  const text = async (path: string, headers: Record<string, string>) =>
    (await send(`${origin}${path}`, { method: 'GET', headers })).text()
  const { signedIn } = JSON.parse(await text('/portal/session', { cookie: cookie! }))
  const own = { cookie: cookie!, 'x-tl-session': signedIn.csrf }
  return {
    text: (path, accept = '*/*') => text(path, { ...own, accept }),
    list: async (path) => JSON.parse(await text(`${path}?api-version=2026-04-01`, own)).value,
  }
}
