import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { contentPolicy } from './content-policy.ts'

/** What the build writes where a nonce goes. */
const NONCE = /%NONCE%/g

/**
 * The portal's built files: those with a hash in their names for a year, compressed ahead; its one page for every
 * other path below `/portal`, never kept.
 */
export async function addPage(app: FastifyInstance, folder: string): Promise<void> {
  const assets = join(folder, 'portal', 'assets')
  const file = join(folder, 'portal', 'index.html')
  if (!existsSync(file)) return
  const page = readFileSync(file, 'utf8')
  await app.register(fastifyStatic, {
    ...{ root: assets, prefix: '/portal/assets/', index: false, decorateReply: false },
    ...{ preCompressed: true, immutable: true, maxAge: '1y' },
  })
  const show = (_: unknown, reply: FastifyReply) => {
    const nonce = randomBytes(16).toString('base64')
    return reply
      .header('content-security-policy', contentPolicy(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page.replace(NONCE, nonce))
  }
  app.get('/', (_, reply) => reply.redirect('/portal/'))
  app.get('/portal', show)
  app.get('/portal/*', show)
}
