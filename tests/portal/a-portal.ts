import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ScriptedHost, type ServiceOptions } from '@trusted-launch/service'
import { type Answer, aService, type TestService } from '@trusted-launch/service/a-service'
import type { Browser, Locator } from 'playwright-core'
import { aPage, chromiumMissing, openChromium, type Watched } from './chromium.ts'

/** The portal as set-up built it. */
export const portal = fileURLToPath(new URL('../../.cache/portal', import.meta.url))

/** Why tests of the portal are left out here, or false. */
export const portalMissing =
  chromiumMissing || (!existsSync(portal) && 'the portal is not built: npm run setup builds it')

/** A service with its portal, and a browser that knows it. */
export interface TestPortal {
  readonly service: TestService
  readonly browser: Browser
  /** A window where nobody is signed in, at no page yet. */
  window(t: TestContext, options?: Parameters<typeof aPage>[2]): Promise<Watched>
  /** A window that is signed in, at a page of the portal; as the service's administrator, or as who asks by `ask`. */
  open(
    t: TestContext,
    path: string,
    options?: Parameters<typeof aPage>[2],
    ask?: (method: string, path: string) => Promise<Answer>,
  ): Promise<Watched>
}

/** The portal of a service on a scripted host. */
export function aPortal(
  t: TestContext,
  host: ScriptedHost = new ScriptedHost(),
  options: Partial<ServiceOptions> = {},
): Promise<TestPortal> {
  return portalOf(t, () => aService(t, host, { portal, ...options }))
}

/** The portal of any service. */
export async function portalOf(
  t: TestContext,
  opened: () => Promise<TestService>,
): Promise<TestPortal> {
  const pages: Watched[] = []
  // Before the service ends, which pages would take for a fault: what is said first is done first.
  t.after(async () => {
    for (const { context } of pages) await context.close()
  })
  const service = await opened()
  const browser = await openChromium(service.data)
  t.after(() => browser.close())
  const window: TestPortal['window'] = async (t, options) => {
    const watched = await aPage(t, browser, options)
    pages.push(watched)
    return watched
  }
  return {
    ...{ service, browser, window },
    async open(t, path, options, ask = (...of) => service.ask(...of)) {
      const watched = await window(t, options)
      const { body } = await ask('POST', '/portal/tickets')
      const { hash } = new URL(body.url)
      await watched.page.goto(`${service.service.endpoint}/portal${path}${hash}`)
      await watched.page
        .getByRole('main')
        .waitFor()
        .catch(async (error: Error) => {
          const seen = await watched.page.locator('body').innerText()
          throw new Error(`${error.message}\nseen: ${seen}\nfaults: ${watched.faults.join('; ')}`)
        })
      return watched
    },
  }
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
