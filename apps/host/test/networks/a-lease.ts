import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Place } from './a-place.ts'

/** Of the guest images; null: they were not built. */
export function busyboxOf(): string | null {
  const debian = fileURLToPath(new URL('../../../../.cache/debian', import.meta.url))
  if (!existsSync(join(debian, 'current'))) return null
  return join(debian, readFileSync(join(debian, 'current'), 'utf8').trim(), 'root/bin/busybox')
}

/** What a place is given by DHCP, told as `address netmask router resolver domain`; empty: nobody answers. */
export function leaseOf(place: Place, busybox: string, tries = 5): string {
  const folder = mkdtempSync(join(tmpdir(), 'lease-'))
  try {
    const script = join(folder, 'lease')
    const told = '[ "$1" = bound ] && echo "$ip $subnet $router $dns $domain"'
    writeFileSync(script, `#!/bin/sh\n${told}\nexit 0\n`, { mode: 0o755 })
    const options = ['-i', 'eth0', '-n', '-q', '-f', '-t', String(tries), '-T', '1', '-s', script]
    return place.run(busybox, 'udhcpc', ...options).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}
