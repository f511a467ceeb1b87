import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LOG_FILE_BYTES_MAX } from '../src/machine/bounded-log.ts'
import { Console } from '../src/machine/console.ts'

const folder = mkdtempSync(join(tmpdir(), 'tl-console-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const bytes = (text: string) => Buffer.from(text, 'latin1')

test('a console that prints for ever fills no more than two files of the limit', () => {
  const path = join(folder, 'flood.log')
  const console = new Console(path)
  for (let i = 0; i < 100; i++) console.append(new Uint8Array(50_000).fill(0x41))
  console.append(new Uint8Array(2 * LOG_FILE_BYTES_MAX).fill(0x42))
  console.append(bytes('the end'))
  const size = statSync(path).size + statSync(`${path}.1`).size
  assert.ok(size <= 2 * LOG_FILE_BYTES_MAX, `${size} bytes`)
  assert.ok(console.boot.length <= 131_072)
  assert.match(console.tail(100), /the end$/)
})

test('a new manager goes on with the boot, and a new boot begins with nothing', () => {
  const path = join(folder, 'again.log')
  new Console(path).append(bytes('first boot\r\n'))
  const console = new Console(path)
  assert.equal(console.boot, 'first boot\r\n')
  console.startBoot()
  assert.equal(console.boot, '')
  console.append(bytes('second boot \xda\xc4\r\n'))
  assert.equal(console.tail(), 'first boot\r\nsecond boot \xda\xc4\r\n')
  assert.equal(new Console(path).boot, 'second boot \xda\xc4\r\n')
})
