import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Answer, aService, type TestService } from '@trusted-launch/service/a-service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import type { Browser, Locator, Page } from 'playwright-core'
import {
  aPage,
  aWindow,
  chromiumMissing,
  isFaultless,
  openChromium,
  type Watched,
  type WindowOptions,
} from './chromium.ts'

/** The portal as set-up built it. */
export const portal = fileURLToPath(new URL('../../.cache/portal', import.meta.url))

/** Why tests of the portal are left out here, or false. */
export const portalMissing =
  chromiumMissing || (!existsSync(portal) && 'the portal is not built: npm run setup builds it')

/** A service with its portal, and a browser that knows it. */
export interface TestPortal {
  readonly service: TestService
  readonly browser: Browser
  /** A window of its own where nobody is signed in, at no page yet. */
  window(t: TestContext, options?: WindowOptions): Promise<Watched>
  /**
   * The window that all tests of this portal share, since to open another takes seconds: loaded anew at a page of the
   * portal, signed in as the service's administrator, or as who asks by `ask`. The test fails if anything goes wrong in it.
   */
  open(t: TestContext, path: string, ask?: Ask): Promise<Watched>
}

type Ask = (method: string, path: string) => Promise<Answer>

/** What ends what a test began: a test's own, or {@link after} of `node:test` for what all tests of a file share. */
type Owner = Pick<TestContext, 'after'>

/** The portal of a service on a scripted host, for all tests of a file; where these are left out, there is none. */
export async function aSharedPortal(host: ScriptedHost = new ScriptedHost()): Promise<TestPortal> {
  if (portalMissing !== false) return null as never
  const owner = { after: after as TestContext['after'] }
  return portalOf(owner, () => aService(owner, host, { portal }))
}

/** The portal of any service. */
export async function portalOf(t: Owner, opened: () => Promise<TestService>): Promise<TestPortal> {
  const pages: Watched[] = []
  // Before the service ends, which pages would take for a fault: what is said first is done first.
  t.after(async () => {
    for (const { context } of pages) await context.close()
  })
  const service = await opened()
  const browser = await openChromium(service.data)
  t.after(() => browser.close())
  let shared: Watched | null = null
  let signedIn: Ask | null = null
  const administrator: Ask = (...of) => service.ask(...of)
  return {
    ...{ service, browser },
    async window(t, options) {
      const watched = await aPage(t, browser, options)
      pages.push(watched)
      return watched
    },
    async open(t, path, ask = administrator) {
      const watched = shared ?? (await aWindow(browser))
      if (shared === null) pages.push(watched)
      shared = watched
      const { page, faults } = watched
      t.after(async () => {
        await page.unrouteAll({ behavior: 'ignoreErrors' })
        isFaultless(watched)
      })
      let hash = ''
      if (ask !== signedIn) {
        const { body } = await ask('POST', '/portal/tickets')
        hash = new URL(body.url).hash
      }
      // Without what an earlier test left: drafts, and what its page still asked for.
      if (page.url() !== 'about:blank') await page.evaluate('sessionStorage.clear()')
      faults.length = 0
      await page.goto(`${service.service.endpoint}/portal${path}${hash}`)
      await page
        .getByRole('main')
        .waitFor()
        .catch(async (error: Error) => {
          const seen = await page.locator('body').innerText()
          throw new Error(`${error.message}\nseen: ${seen}\nfaults: ${faults.join('; ')}`)
        })
      signedIn = ask
      return watched
    },
  }
}

/** To another page of the portal, as its links lead there: nothing is loaded anew. It is drawn when this is over. */
export async function goTo(page: Page, path: string): Promise<void> {
  const href = `/portal${path}`
  await page.evaluate((to) => (globalThis as any).history.pushState(null, '', to), href)
  await page.waitForFunction(
    (to) => (globalThis as any).__TSR_ROUTER__.state.resolvedLocation?.publicHref === to,
    href,
  )
}

/** What somebody who does not see a control is told of it beside its name becomes this. */
export async function isDescribed(control: Locator, as: string | RegExp): Promise<void> {
  const isRight = (told: string) => (typeof as === 'string' ? told === as : as.test(told))
  let told = ''
  for (const until = Date.now() + 30_000; Date.now() < until; await setTimeout(50)) {
    // A control may be drawn anew between any two questions.
    told = await control.evaluate((element: any) =>
      (element.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id: string) => element.ownerDocument.getElementById(id)?.textContent ?? '')
        .join(' '),
    )
    if (isRight(told)) return
  }
  assert.fail(`it is described as "${told}", not as ${as}`)
}
