import { execFileSync } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { buildImage } from '@trusted-launch/host'
import type { TestService } from '../../apps/service/test/a-service.ts'
import { cacheDirectory } from './machines.ts'

/** Of the verdict that its boot ended with; null: there is none. */
export async function tierOf(service: TestService, vm: string): Promise<string | null> {
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence`)
  return body.value?.[0]?.properties?.tier ?? null
}

/** Guests' images as files to be fetched from this machine. */
export async function served(t: TestContext, guests: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-guests-'))
  for (const guest of guests) {
    const { path, format } = await buildImage(guest, { cacheDirectory })
    const to = join(folder, `${guest}.qcow2`)
    execFileSync('qemu-img', ['convert', '-f', format, '-O', 'qcow2', path, to])
  }
  const server = createServer((request, response) => {
    const guest = guests.find((name) => request.url === `/${name}.qcow2`)
    if (guest === undefined) response.writeHead(404).end()
    else createReadStream(join(folder, `${guest}.qcow2`)).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const { port } = server.address() as AddressInfo
  const allowed = {
    ...{ protocol: 'http:' as const, hostname: '127.0.0.1', port: String(port), isPrivate: true },
  }
  return { allowed, uriOf: (guest: string) => `http://127.0.0.1:${port}/${guest}.qcow2` }
}
