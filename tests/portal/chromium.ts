import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { need } from '../../tools/setup.mjs'

const PROGRAM = '/usr/bin/chromium'
/** As people's windows are. */
export const VIEWPORT = { width: 1280, height: 800 }

/** Why tests in a browser are left out here, or false. */
export const chromiumMissing =
  !(await need({ chromium: 'the portal is tried in a real browser' }, { yes: true })) &&
  'no chromium here'

/** A browser that takes the certificate of one service, and no other that nobody vouches for. */
export async function openChromium(data: string): Promise<Browser> {
  const certificate = new X509Certificate(readFileSync(join(data, 'tls', 'server.pem')))
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
  const hash = createHash('sha256').update(key).digest('base64')
  return chromium.launch({
    executablePath: PROGRAM,
    // Its own sandbox wants user namespaces, which root in a container does not have.
    args: ['--no-sandbox', `--ignore-certificate-errors-spki-list=${hash}`, '--lang=en'],
  })
}

/** A page of the portal, and everything that went wrong in it. */
export interface Watched {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors of scripts, refused by the content policy, and answers of 500. */
  readonly faults: string[]
}

/** A new window; the test fails if anything goes wrong in it. */
export async function aPage(
  t: TestContext,
  browser: Browser,
  options: WindowOptions = {},
): Promise<Watched> {
  const watched = await aWindow(browser, options)
  t.after(async () => {
    await watched.context.close()
    isFaultless(watched)
  })
  return watched
}

export type WindowOptions = NonNullable<Parameters<Browser['newContext']>[0]>

/** A new window, for whoever looks at what went wrong in it. */
export async function aWindow(browser: Browser, options: WindowOptions = {}): Promise<Watched> {
  // Dialogs that glide in would be waited for.
  const look = { viewport: VIEWPORT, reducedMotion: 'reduce' } as const
  const context = await browser.newContext({ ...look, ...options })
  // Emulated machines run beside it.
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} ${message.location().url}`)
  })
  page.on('response', (answer) => {
    if (answer.status() >= 500) faults.push(`${answer.status()} ${answer.url()}`)
  })
  return { page, context, faults }
}

/** Nothing went wrong in it since this was asked last. */
export function isFaultless({ faults }: Watched): void {
  const found = faults.splice(0)
  if (found.length > 0) throw new Error(`in the page: ${found.join('; ')}`)
}
