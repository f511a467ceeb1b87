import assert from 'node:assert/strict'
import { putIntoEsp } from '@trusted-launch/host'
import type { Page } from 'playwright-core'
import type { RealService } from '../e2e/a-real-service.ts'
import { filesOn } from '../e2e/other-kernel.ts'

const GRUB = 'EFI/debian/grub.cfg'
/** What an attacker of whoever looks writes where a guest can: its kernel command line, and by it its host name. */
export const HOSTILE = [
  'note=<img src=x onerror=window.harmed=1>',
  'hostname=<script>window.harmed=2</script>',
]

/** Puts {@link HOSTILE} onto the kernel command line of the only VM, which is off, as who has its disk can. */
export async function tamper(real: RealService): Promise<void> {
  const [machine] = await real.host.machines()
  const disk = `${real.folderOf(machine!)}/machine/disk`
  const configuration = Buffer.from((await filesOn(disk, [GRUB])).get(GRUB)!).toString('latin1')
  const more = HOSTILE.map((argument) => `'${argument}'`).join(' ')
  const changed = configuration.replace(/^(\s*linuxefi .*)$/gm, `$1 ${more}`)
  assert.notEqual(changed, configuration)
  await putIntoEsp(disk, new Map([[GRUB, Buffer.from(changed, 'latin1')]]))
}

/** Whatever guests wrote is text: nothing of it ran, and nothing of it is an element. */
export async function isUnharmed(page: Page): Promise<void> {
  assert.equal(await page.evaluate('window.harmed'), undefined)
  assert.equal(await page.locator('img[src=x]').count(), 0)
}
