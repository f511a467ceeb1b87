import type { Answer, TestService } from '../a-service.ts'

const HIDDEN = /<input type="hidden" name="([^"]+)" value="([^"]*)"/g

/** What a browser does of its own: it keeps cookies, and follows where it is sent. */
export class Browser {
  readonly #service: TestService
  readonly cookies = new Map<string, string>()
  #csrf = ''

  constructor(service: TestService) {
    this.#service = service
  }

  async send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#service.send(method, path, { ...headers, cookie }, body)
    const given = answer.headers['set-cookie'] ?? []
    for (const each of Array.isArray(given) ? given : [given]) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(each)!
      if (value === '' || /expires=thu, 01 jan 1970/i.test(each)) this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    return answer
  }

  /** A page, wherever it leads. */
  async open(path: string): Promise<{ readonly path: string; readonly answer: Answer }> {
    const answer = await this.send('GET', path)
    if (answer.status < 300 || answer.status > 399) return { path, answer }
    const next = new URL(String(answer.headers.location), this.#service.service.endpoint)
    return this.open(next.pathname + next.search)
  }

  /** Signs in with name and password, as a person would. @returns the page it ends at. */
  async signIn(name: string, password: string, to = '/portal/'): Promise<string> {
    const page = await this.open(`/portal/sign-in?issuer=own&to=${encodeURIComponent(to)}`)
    const form = String(new URLSearchParams({ name, password }))
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await this.send('POST', page.path, type, form)
    const next = new URL(String(answer.headers.location), this.#service.service.endpoint)
    let at = next.pathname + next.search
    for (;;) {
      let { status, headers, body } = await this.send('GET', at)
      // Where somebody else was signed in a page signs them out on the way, by a form that sends itself.
      const [, action] = /<form method="post" action="([^"]+)"/.exec(String(body)) ?? []
      if (status === 200 && action !== undefined) {
        const sent = new URLSearchParams()
        for (const [, name = '', value = ''] of String(body).matchAll(HIDDEN)) sent.set(name, value)
        const { pathname, search } = new URL(action, this.#service.service.endpoint)
        ;({ status, headers, body } = await this.send(
          'POST',
          pathname + search,
          type,
          String(sent),
        ))
      }
      if (status < 300 || status > 399) return at
      const target = new URL(String(headers.location), this.#service.service.endpoint)
      at = target.pathname + target.search
      if (at.startsWith('/portal/') && !at.startsWith('/portal/signed-in')) return at
    }
  }

  /** What the page asks first; it keeps the session's header from it. */
  async session(): Promise<any> {
    const { body } = await this.send('GET', '/portal/session')
    this.#csrf = body.signedIn?.csrf ?? ''
    return body
  }

  /** As the page asks. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.send(method, path, { 'x-tl-session': this.#csrf }, body)
  }
}
