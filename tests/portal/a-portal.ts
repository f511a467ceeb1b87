import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ScriptedHost, type ServiceOptions } from '@trusted-launch/service'
import { aService, type TestService } from '@trusted-launch/service/a-service'
import type { Browser } from 'playwright-core'
import { aPage, chromiumMissing, openChromium, type Watched } from './chromium.ts'

const built = fileURLToPath(new URL('../../.cache/portal', import.meta.url))

/** Why tests of the portal are left out here, or false. */
export const portalMissing =
  chromiumMissing || (!existsSync(built) && 'the portal is not built: npm run setup builds it')

/** A service on a scripted host with its portal, and a browser that knows it. */
export interface TestPortal {
  readonly service: TestService
  readonly browser: Browser
  /** A window that is signed in as the service's administrator, at a page of the portal. */
  open(t: TestContext, path: string, options?: Parameters<typeof aPage>[2]): Promise<Watched>
}

export async function aPortal(
  t: TestContext,
  host: ScriptedHost = new ScriptedHost(),
  options: Partial<ServiceOptions> = {},
): Promise<TestPortal> {
  const pages: Watched[] = []
  // Before the service ends, which pages would take for a fault: what is said first is done first.
  t.after(async () => {
    for (const { context } of pages) await context.close()
  })
  const service = await aService(t, host, { portal: built, ...options })
  const browser = await openChromium(service.data)
  t.after(() => browser.close())
  return {
    ...{ service, browser },
    async open(t, path, options) {
      const watched = await aPage(t, browser, options)
      pages.push(watched)
      const { body } = await service.ask('POST', '/portal/tickets')
      const { hash } = new URL(body.url)
      await watched.page.goto(`${service.service.endpoint}/portal${path}${hash}`)
      await watched.page.getByRole('main').waitFor()
      return watched
    },
  }
}
