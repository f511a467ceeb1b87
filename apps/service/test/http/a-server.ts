import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { ArmError, faults } from '@trusted-launch/api'
import pino from 'pino'
import type { Limits } from '../../src/http/limits.ts'
import { Metrics } from '../../src/http/metrics.ts'
import type { ArmRequest } from '../../src/http/route.ts'
import { serverOf } from '../../src/http/server.ts'
import { serverCertificate } from '../../src/identity/tls/certificates.ts'

/** The HTTP server alone, with one endpoint, whose limits a test may set. */
export class TestServer {
  readonly seen: ArmRequest[] = []
  port = 0
  ca = ''

  /** A connection on which a test writes what it wants. */
  async connection(): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port: this.port, ca: this.ca })
    socket.on('error', () => {})
    await once(socket, 'secureConnect')
    return socket
  }

  /** `token` is who asks: `bad` is none, `unknown` one whose issuer is down. */
  ask(
    method: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
    token = 'a.1',
    path = '/providers/T/things/one?api-version=2026-01-01',
  ): Promise<any> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port: this.port, ca: this.ca, method },
          path,
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${token}`,
            ...headers,
          },
        },
        async (answer) => {
          const text = (await answer.toArray()).join('')
          resolve({
            status: answer.statusCode,
            headers: answer.headers,
            body: text === '' ? null : JSON.parse(text),
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }
}

export async function aServer(t: TestContext, limits: Partial<Limits> = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-server-'))
  const tls = await serverCertificate(folder, ['127.0.0.1'], Date.now())
  const server = new TestServer()
  const app = await serverOf({
    ...{ tls, limits, log: pino({ level: 'silent' }), tenantId: 'tenant', documents: {} },
    routes: (['PUT', 'GET'] as const).map((method) => ({
      ...{ method, path: '/providers/T/things/:name', action: 'T/things/write' },
      handle: async (asked) => {
        server.seen.push(asked)
        return { status: 200, body: {} }
      },
    })),
    authorizer: { access: async () => 'granted', permissionsAt: async () => [] },
    authenticate: async (header = '') => {
      const [principal] = header.replace('Bearer ', '').split('.')
      if (principal === 'bad') throw new ArmError(faults.authenticationFailed())
      if (principal === 'unknown')
        throw new ArmError({ status: 503, code: 'ServiceUnavailable', message: 'no keys' })
      return { objectId: principal!, name: principal!, kind: 'user', tenantId: 'tenant' }
    },
    baseOf: () => 'https://127.0.0.1',
    issuer: {
      claims: (url) => url.startsWith('/adfs/'),
      handle: async (_, response) => void response.end('{}'),
    },
    diagnostics: async () => ({ status: 404 }),
    isReady: async () => true,
    metrics: new Metrics({
      ...{ now: Date.now, attestations: () => new Map() },
      watch: () => Promise.reject(new Error('nothing is watched here')),
    }),
    store: { audit: { append: async () => ({}) } } as never,
    ...{ now: Date.now, changed: () => {} },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(async () => {
    await app.close()
    rmSync(folder, { recursive: true })
  })
  server.port = (app.server.address() as AddressInfo).port
  server.ca = readFileSync(tls.caFile, 'utf8')
  return server
}
