import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { aService, type TestService } from '@trusted-launch/service/a-service'
import { createServer } from 'vite'
import { aFleet } from './a-fleet.ts'

const root = join(import.meta.dirname, '../..')
/** What the service answers: all that is not of the portal's sources. */
const SERVICE = '^/(?!portal(/|$))|^/portal/(session|sign-in|signed-in|sign-out|tickets)'

/** The portal's sources, served as they are edited, in front of a service with something to look at. */
export interface DevServer {
  readonly service: TestService
  /** `https://localhost:PORT`: another host than the service's, so that neither gets the other's cookies. */
  readonly origin: string
  /** Opens the portal, once, within a minute. */
  address(): Promise<string>
}

export async function aDevServer(t: Pick<TestContext, 'after'>, port: number): Promise<DevServer> {
  const host = new DriftedHost()
  const service = await aService(t, host)
  await aFleet(service, host)
  const { endpoint } = service.service
  const tls = (name: string) => readFileSync(join(service.data, 'tls', name))
  const key = createPrivateKey({ key: tls('server.key'), format: 'der', type: 'pkcs8' })
  const vite = await createServer({
    configFile: join(root, 'apps/portal/vite.config.ts'),
    cacheDir: join(root, '.cache/vite'),
    logLevel: 'warn',
    server: {
      ...{ host: 'localhost', port },
      https: { cert: tls('server.pem'), key: key.export({ format: 'pem', type: 'pkcs8' }) },
      proxy: {
        [SERVICE]: {
          ...{ target: endpoint, changeOrigin: true, ws: true },
          agent: new Agent({ ca: service.ca }),
          headers: { origin: endpoint },
        },
      },
    },
  })
  t.after(() => vite.close())
  await vite.listen()
  const { origin } = new URL(vite.resolvedUrls!.local[0]!)
  const address = async () => {
    const { body } = await service.ask('POST', '/portal/tickets')
    return `${origin}/portal/${new URL(body.url).hash}`
  }
  return { service, origin, address }
}
